DROP INDEX notices_waiting_in_thread;
