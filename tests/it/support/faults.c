/* Fails calls of the system as a full disk (ENOSPC) or a network file system (ENOLCK) does, while a file called `full` or
 * `unlocked` is in the folder that TEST_FAULTS names. Only regular files under that folder's sibling `data`, and
 * whatever is printed, are concerned. Built and preloaded by tests. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int ordered(const char *fault) {
    const char *folder = getenv("TEST_FAULTS");
    char path[PATH_MAX];
    if (!folder) return 0;
    snprintf(path, sizeof path, "%s/%s", folder, fault);
    int kept = errno, there = access(path, F_OK) == 0;
    errno = kept;
    return there;
}

static int concerned(int fd) {
    char link[64], path[PATH_MAX], data[PATH_MAX];
    const char *folder = getenv("TEST_FAULTS");
    if (fd == 1 || fd == 2) return 1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (!folder || length < 0) return 0;
    path[length] = 0;
    snprintf(data, sizeof data, "%s/data/", folder);
    return strncmp(path, data, strlen(data)) == 0;
}

#define FULL(fd) (ordered("full") && concerned(fd))
#define NEXT(name) dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *bytes, size_t count) {
    if (FULL(fd)) { errno = ENOSPC; return -1; }
    ssize_t (*next)(int, const void *, size_t) = NEXT("write");
    return next(fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (FULL(fd)) { errno = ENOSPC; return -1; }
    ssize_t (*next)(int, const struct iovec *, int) = NEXT("writev");
    return next(fd, parts, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    if (FULL(fd)) { errno = ENOSPC; return -1; }
    ssize_t (*next)(int, const void *, size_t, off_t) = NEXT("pwrite");
    return next(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    if (FULL(fd)) { errno = ENOSPC; return -1; }
    ssize_t (*next)(int, const void *, size_t, off64_t) = NEXT("pwrite64");
    return next(fd, bytes, count, at);
}

static int locks(int command) {
    return command == F_SETLK || command == F_SETLKW || command == F_GETLK;
}

#define LOCK(name)                                                        \
    int name(int fd, int command, ...) {                                  \
        va_list rest;                                                     \
        va_start(rest, command);                                          \
        void *argument = va_arg(rest, void *);                            \
        va_end(rest);                                                     \
        if (locks(command) && ordered("unlocked") && concerned(fd)) {     \
            errno = ENOLCK;                                               \
            return -1;                                                    \
        }                                                                 \
        int (*next)(int, int, ...) = NEXT(#name);                         \
        return next(fd, command, argument);                               \
    }
LOCK(fcntl)
LOCK(fcntl64)
