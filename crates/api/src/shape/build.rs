//! Short ways to write a shape, used by the generated tables.

use super::{Kind, Location, Member, Shape, ShapeId, StringShape, StructureShape, TimestampFormat};

/// Implements a constructor for each kind that holds only a range.
macro_rules! ranged {
    ($($make:ident $kind:ident, $what:literal;)*) => {$(
        #[doc = concat!("A shape that is ", $what, ", without limits.")]
        pub const fn $make(name: &'static str) -> Self {
            Self::of(name, Kind::$kind { min: None, max: None })
        }
    )*};
}

impl Shape {
    const fn of(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            sensitive: false,
            kind,
        }
    }

    ranged! {
        integer Integer, "a 32-bit integer";
        long Long, "a 64-bit integer";
        float Float, "a 32-bit float";
        double Double, "a 64-bit float";
        blob Blob, "bytes";
    }

    /// A structure of `members`, and their indices sorted by wire name.
    pub const fn structure(
        name: &'static str,
        members: &'static [Member],
        by_wire_name: &'static [u16],
    ) -> Self {
        Self::of(
            name,
            Kind::Structure(StructureShape {
                members,
                by_wire_name,
                union: false,
                payload: None,
                event_stream: false,
                location_name: None,
            }),
        )
    }

    /// A list of shape `member`.
    pub const fn list(name: &'static str, member: u16) -> Self {
        Self::of(
            name,
            Kind::List {
                member: ShapeId(member),
                member_name: None,
                flattened: false,
                min: None,
                max: None,
            },
        )
    }

    /// A map from shape `key` to shape `value`.
    pub const fn map(name: &'static str, key: u16, value: u16) -> Self {
        Self::of(
            name,
            Kind::Map {
                key: ShapeId(key),
                value: ShapeId(value),
                key_name: None,
                value_name: None,
                flattened: false,
                min: None,
                max: None,
            },
        )
    }

    /// Any text.
    pub const fn string(name: &'static str) -> Self {
        Self::of(name, Kind::String(StringShape::ANY))
    }

    /// A boolean.
    pub const fn boolean(name: &'static str) -> Self {
        Self::of(name, Kind::Boolean)
    }

    /// A point in time.
    pub const fn timestamp(name: &'static str, format: Option<TimestampFormat>) -> Self {
        Self::of(name, Kind::Timestamp(format))
    }

    /// Data without a model.
    pub const fn document(name: &'static str) -> Self {
        Self::of(name, Kind::Document)
    }

    /// The same shape, never to be shown.
    #[must_use]
    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The same shape with limits of its length, number of elements, or whole number.
    #[must_use]
    pub const fn limits(mut self, least: Option<i64>, most: Option<i64>) -> Self {
        let (low, high) = (length(least), length(most));
        match &mut self.kind {
            Kind::List { min, max, .. } | Kind::Map { min, max, .. } | Kind::Blob { min, max } => {
                *min = low;
                *max = high;
            }
            Kind::String(s) => {
                s.min = low;
                s.max = high;
            }
            Kind::Integer { min, max } | Kind::Long { min, max } => {
                *min = least;
                *max = most;
            }
            _ => {}
        }
        self
    }

    /// The same float shape with limits of its value.
    #[must_use]
    pub const fn float_limits(mut self, least: Option<f64>, most: Option<f64>) -> Self {
        if let Kind::Float { min, max } | Kind::Double { min, max } = &mut self.kind {
            *min = least;
            *max = most;
        }
        self
    }

    /// The same string shape with a pattern of the service's.
    #[must_use]
    pub const fn pattern(mut self, number: u16) -> Self {
        if let Kind::String(s) = &mut self.kind {
            s.pattern = Some(number);
        }
        self
    }

    /// The same string shape with its allowed values.
    #[must_use]
    pub const fn values(mut self, allowed: &'static [&'static str]) -> Self {
        if let Kind::String(s) = &mut self.kind {
            s.values = allowed;
        }
        self
    }

    /// The same list or map without a wrapper around its entries.
    #[must_use]
    pub const fn flattened(mut self) -> Self {
        if let Kind::List { flattened, .. } | Kind::Map { flattened, .. } = &mut self.kind {
            *flattened = true;
        }
        self
    }

    /// The same list with another name of its elements.
    #[must_use]
    pub const fn items_named(mut self, name: &'static str) -> Self {
        if let Kind::List { member_name, .. } = &mut self.kind {
            *member_name = Some(name);
        }
        self
    }

    /// The same map with other names of its keys and values.
    #[must_use]
    pub const fn entries_named(
        mut self,
        key: Option<&'static str>,
        value: Option<&'static str>,
    ) -> Self {
        if let Kind::Map {
            key_name,
            value_name,
            ..
        } = &mut self.kind
        {
            *key_name = key;
            *value_name = value;
        }
        self
    }

    /// The same structure as a union.
    #[must_use]
    pub const fn union(mut self) -> Self {
        if let Kind::Structure(s) = &mut self.kind {
            s.union = true;
        }
        self
    }

    /// The same structure as a stream of events.
    #[must_use]
    pub const fn event_stream(mut self) -> Self {
        if let Kind::Structure(s) = &mut self.kind {
            s.event_stream = true;
        }
        self
    }

    /// The same structure with its member `index` as the whole body.
    #[must_use]
    pub const fn payload(mut self, index: u16) -> Self {
        if let Kind::Structure(s) = &mut self.kind {
            s.payload = Some(index);
        }
        self
    }

    /// The same structure with another element name in XML.
    #[must_use]
    pub const fn element_named(mut self, name: &'static str) -> Self {
        if let Kind::Structure(s) = &mut self.kind {
            s.location_name = Some(name);
        }
        self
    }
}

/// A length limit; a negative one is none.
const fn length(limit: Option<i64>) -> Option<u64> {
    match limit {
        Some(n) if n >= 0 => Some(n.unsigned_abs()),
        _ => None,
    }
}

impl Member {
    /// An optional member in the body.
    pub const fn new(name: &'static str, shape: u16) -> Self {
        Self {
            name,
            shape: ShapeId(shape),
            required: false,
            location_name: None,
            query_name: None,
            location: Location::Body,
            flattened: false,
            xml_attribute: false,
            idempotency_token: false,
            timestamp_format: None,
            xml_namespace: None,
        }
    }

    /// A required member in the body.
    pub const fn required(name: &'static str, shape: u16) -> Self {
        Self {
            required: true,
            ..Self::new(name, shape)
        }
    }
}
