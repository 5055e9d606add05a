/* Fails calls of the system while a file of the fault's name is in the folder that TEST_FAULTS names. Only files under that
 * folder's `data`, and whatever is printed, are concerned by what is written; a file `NAME.met` tells that a fault of
 * that name was met. Built and preloaded by tests. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) dlsym(RTLD_NEXT, name)

static int ordered(const char *fault) {
    const char *folder = getenv("TEST_FAULTS");
    char path[PATH_MAX];
    if (!folder) return 0;
    snprintf(path, sizeof path, "%s/%s", folder, fault);
    int kept = errno, there = access(path, F_OK) == 0;
    errno = kept;
    return there;
}

static void met(const char *fault) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s.met", getenv("TEST_FAULTS"), fault);
    int (*next)(const char *, int, ...) = NEXT("open");
    int fd = next(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
}

static int is_data(const char *path) {
    const char *folder = getenv("TEST_FAULTS");
    char data[PATH_MAX];
    if (!folder) return 0;
    snprintf(data, sizeof data, "%s/data/", folder);
    return strncmp(path, data, strlen(data)) == 0;
}

static int concerned(int fd) {
    char link[64], path[PATH_MAX];
    if (fd == 1 || fd == 2) return 1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_data(path);
}

/* What writing fails with: a full disk, one's share of it, a broken one, one that may only be read. */
static int unwritable(void) {
    static const struct { const char *name; int error; } faults[] = {
        {"full", ENOSPC}, {"quota", EDQUOT}, {"broken", EIO}, {"readonly", EROFS},
    };
    for (size_t n = 0; n < sizeof faults / sizeof *faults; n++)
        if (ordered(faults[n].name)) return faults[n].error;
    return 0;
}

/* For as long as the disk is silent, whoever writes on it waits. What is printed is not on it. */
static void wait_for_disk(int fd) {
    if (fd == 1 || fd == 2 || !ordered("silent") || !concerned(fd)) return;
    met("silent");
    while (ordered("silent")) usleep(10000);
}

#define WRITE(result, name, parameters, ...)                              \
    result name parameters {                                              \
        wait_for_disk(fd);                                                \
        int error = unwritable();                                         \
        if (error && concerned(fd)) { errno = error; return -1; }         \
        result (*next) parameters = NEXT(#name);                          \
        return next(__VA_ARGS__);                                         \
    }
WRITE(ssize_t, write, (int fd, const void *bytes, size_t count), fd, bytes, count)
WRITE(ssize_t, writev, (int fd, const struct iovec *parts, int count), fd, parts, count)
WRITE(ssize_t, pwrite, (int fd, const void *bytes, size_t count, off_t at), fd, bytes, count, at)
WRITE(ssize_t, pwrite64, (int fd, const void *bytes, size_t count, off64_t at), fd, bytes, count, at)
WRITE(int, ftruncate, (int fd, off_t length), fd, length)
WRITE(int, ftruncate64, (int fd, off64_t length), fd, length)

/* What opening fails with: no descriptors are left, at all or for files, or the file may only be read. */
static int unopened(const char *path, int flags) {
    if (!is_data(path)) return 0;
    if (ordered("descriptors")) { met("descriptors"); return EMFILE; }
    if (ordered("files")) { met("files"); return EMFILE; }
    if (flags & (O_WRONLY | O_RDWR | O_CREAT) && ordered("readonly")) return EROFS;
    return 0;
}

#define OPEN(name)                                                        \
    int name(const char *path, int flags, ...) {                          \
        va_list rest;                                                     \
        va_start(rest, flags);                                            \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                     \
        int error = unopened(path, flags);                                \
        if (error) { errno = error; return -1; }                          \
        int (*next)(const char *, int, ...) = NEXT(#name);                \
        return next(path, flags, mode);                                   \
    }
OPEN(open)
OPEN(open64)

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
    if (ordered("descriptors")) { met("connections"); errno = EMFILE; return -1; }
    int (*next)(int, struct sockaddr *, socklen_t *, int) = NEXT("accept4");
    return next(fd, address, length, flags);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    if (ordered("threads")) { met("threads"); return EAGAIN; }
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = NEXT("pthread_create");
    return next(thread, attributes, run, argument);
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
