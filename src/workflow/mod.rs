//! One verb each: load, decide, persist, record, enqueue.
