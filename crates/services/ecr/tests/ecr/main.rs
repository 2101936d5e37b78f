//! ECR through the pipeline: authorized, committed, and answered in AWS's words.

#[cfg(test)]
mod common;
#[cfg(test)]
mod images;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod repositories;
