//! The AWS service shapes, generated from the public service models.
