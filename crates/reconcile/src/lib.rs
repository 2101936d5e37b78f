//! Drivers of the planners: keyed queues, periods, plan executors.
