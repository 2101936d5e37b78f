//! Choices made where AWS documentation is silent or contradicts itself.
