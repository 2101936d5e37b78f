//! The service through the pipeline: what a client sends and what it gets.

#[cfg(test)]
mod access;
#[cfg(test)]
mod clusters;
#[cfg(test)]
mod fargate;
#[cfg(test)]
mod run_task;
#[cfg(test)]
mod support;
#[cfg(test)]
mod task_definitions;
