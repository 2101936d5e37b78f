//! What data-plane operations reach besides the store: log events, image layers.
//!
//! A port is a trait object that the binary puts in at start; an operation names the trait that it
//! needs. A port that is not there is an internal failure of that call, never a way around.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use rolecall_base::AwsError;

/// Trait objects by their type.
#[derive(Clone, Default)]
pub struct Ports(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Ports {
    /// These ports and one more.
    #[must_use]
    pub fn with<T: ?Sized + Send + Sync + 'static>(mut self, port: Arc<T>) -> Self {
        self.0.insert(TypeId::of::<T>(), Arc::new(port));
        self
    }

    /// The port of this type.
    ///
    /// # Errors
    /// An internal failure if it was not put in.
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Result<Arc<T>, AwsError> {
        self.0
            .get(&TypeId::of::<T>())
            .and_then(|any| any.downcast_ref::<Arc<T>>())
            .cloned()
            .ok_or_else(|| {
                tracing::error!(port = std::any::type_name::<T>(), "a port is missing");
                AwsError::internal()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    trait Greeter: Send + Sync {
        fn greet(&self) -> String;
    }
    struct English;
    impl Greeter for English {
        fn greet(&self) -> String {
            "hello".to_owned()
        }
    }

    #[test]
    fn a_port_is_found_by_its_trait_and_a_missing_one_is_an_internal_failure() {
        let ports = Ports::default().with::<dyn Greeter>(Arc::new(English));
        assert_eq!(ports.get::<dyn Greeter>().unwrap().greet(), "hello");
        assert_eq!(
            Ports::default().get::<dyn Greeter>().err(),
            Some(AwsError::internal())
        );
    }
}
