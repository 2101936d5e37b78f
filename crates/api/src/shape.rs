//! What a service looks like on the wire: its shapes and operations, as static tables.
//!
//! The tables follow the public service models (botocore's `service-2.json`), which in turn are
//! converted from Smithy: <https://smithy.io/2.0/aws/protocols/index.html>.

mod build;

use std::fmt;
use std::sync::OnceLock;

/// The wire protocols of the AWS services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `Content-Type: application/x-amz-json-1.0`, operation in `X-Amz-Target`.
    AwsJson1_0,
    /// `Content-Type: application/x-amz-json-1.1`, operation in `X-Amz-Target`.
    AwsJson1_1,
    /// Form-encoded requests with `Action` and `Version`, XML answers.
    AwsQuery,
    /// EC2's dialect of the query protocol.
    Ec2Query,
    /// `Smithy-Protocol: rpc-v2-cbor`, operation in the path.
    RpcV2Cbor,
    /// JSON bodies, operations by method and path.
    RestJson1,
    /// XML bodies, operations by method and path.
    RestXml,
}

/// The number of a shape in its service's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(pub u16);

/// One AWS service.
#[derive(Debug)]
pub struct Service {
    /// The project's own name of it, such as `ecs`; also the name of its module.
    pub id: &'static str,
    /// AWS's service id, such as `CloudWatch Logs`.
    pub service_id: &'static str,
    /// The name in the SigV4 credential scope, such as `ecs`.
    pub signing_name: &'static str,
    /// The API version, such as `2014-11-13`.
    pub api_version: &'static str,
    /// The part of `X-Amz-Target` before the dot; the service name in rpcv2Cbor paths.
    pub target_prefix: Option<&'static str>,
    /// The default XML namespace of the answers.
    pub xml_namespace: Option<&'static str>,
    /// The protocols that the service speaks, the preferred one first.
    pub protocols: &'static [Protocol],
    /// Whether errors also carry the old query code (Smithy `awsQueryCompatible`).
    pub query_compatible: bool,
    /// All shapes; [`ShapeId`] counts here.
    pub shapes: &'static [Shape],
    /// The regular expressions that the shapes name.
    pub patterns: &'static [Pattern],
    /// All operations, sorted by name.
    pub operations: &'static [OperationShape],
    /// All modelled errors, sorted by code.
    pub errors: &'static [ErrorShape],
}

impl Service {
    /// The shape with number `id`; the unit shape if the tables are broken.
    pub fn shape(&self, id: ShapeId) -> &'static Shape {
        self.shapes.get(usize::from(id.0)).unwrap_or(&UNIT)
    }

    /// The regular expression of `shape`, if it has one.
    pub fn pattern(&self, shape: &StringShape) -> Option<&'static Pattern> {
        self.patterns.get(usize::from(shape.pattern?))
    }

    /// The operation named `name`.
    pub fn operation(&self, name: &str) -> Option<&'static OperationShape> {
        let at = self
            .operations
            .binary_search_by(|o| o.name.cmp(name))
            .ok()?;
        self.operations.get(at)
    }

    /// The modelled error with wire code `code`.
    pub fn error(&self, code: &str) -> Option<&'static ErrorShape> {
        let at = self.errors.binary_search_by(|e| e.code.cmp(code)).ok()?;
        self.errors.get(at)
    }

    /// Whether the service speaks `protocol`.
    pub fn speaks(&self, protocol: Protocol) -> bool {
        self.protocols.contains(&protocol)
    }
}

/// The service in `services` that SigV4 scopes name `signing_name`.
pub fn by_signing_name(
    services: &[&'static Service],
    signing_name: &str,
) -> Option<&'static Service> {
    services
        .iter()
        .copied()
        .find(|s| s.signing_name == signing_name)
}

/// One operation of a service.
#[derive(Debug)]
pub struct OperationShape {
    /// AWS's name, such as `RunTask`.
    pub name: &'static str,
    /// The input structure, if it has one.
    pub input: Option<ShapeId>,
    /// The output structure, if it has one.
    pub output: Option<ShapeId>,
    /// The element around the result in the query protocol, such as `GetRoleResult`.
    pub result_wrapper: Option<&'static str>,
    /// The HTTP method.
    pub method: &'static str,
    /// The HTTP path, with labels in the REST protocols.
    pub uri: &'static str,
    /// The errors that the model lists.
    pub errors: &'static [ShapeId],
    /// Whether clients send it unsigned (such as `AssumeRoleWithWebIdentity`).
    pub unsigned: bool,
}

/// A modelled error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorShape {
    /// Its structure.
    pub shape: ShapeId,
    /// The code on the wire, such as `NoSuchEntity`.
    pub code: &'static str,
    /// The HTTP status.
    pub http_status: u16,
    /// Whether it is the caller's fault.
    pub sender_fault: bool,
}

/// One shape: a name and what it is.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The model's name.
    pub name: &'static str,
    /// Whether its value must never be shown or logged.
    pub sensitive: bool,
    /// What it is.
    pub kind: Kind,
}

/// The empty structure, the input of operations that take nothing.
pub static UNIT: Shape = Shape::structure("Unit", &[], &[]);

/// What a shape is, with its constraints. Lengths and ranges are inclusive; `None` is no limit.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Named members.
    Structure(StructureShape),
    /// A list of one shape.
    List {
        /// The elements' shape.
        member: ShapeId,
        /// The elements' name in XML and query, `member` by default.
        member_name: Option<&'static str>,
        /// Elements repeat without a wrapper around them.
        flattened: bool,
        /// The fewest elements.
        min: Option<u64>,
        /// The most elements.
        max: Option<u64>,
    },
    /// A map from strings to one shape.
    Map {
        /// The keys' shape.
        key: ShapeId,
        /// The values' shape.
        value: ShapeId,
        /// The keys' name in XML and query, `key` by default.
        key_name: Option<&'static str>,
        /// The values' name in XML and query, `value` by default.
        value_name: Option<&'static str>,
        /// Entries repeat without a wrapper around them.
        flattened: bool,
        /// The fewest entries.
        min: Option<u64>,
        /// The most entries.
        max: Option<u64>,
    },
    /// Text.
    String(StringShape),
    /// A 32-bit integer.
    Integer {
        /// The least value.
        min: Option<i64>,
        /// The greatest value.
        max: Option<i64>,
    },
    /// A 64-bit integer.
    Long {
        /// The least value.
        min: Option<i64>,
        /// The greatest value.
        max: Option<i64>,
    },
    /// A 32-bit float.
    Float {
        /// The least value.
        min: Option<f64>,
        /// The greatest value.
        max: Option<f64>,
    },
    /// A 64-bit float.
    Double {
        /// The least value.
        min: Option<f64>,
        /// The greatest value.
        max: Option<f64>,
    },
    /// True or false.
    Boolean,
    /// Bytes, base64 in JSON and XML.
    Blob {
        /// The fewest bytes.
        min: Option<u64>,
        /// The most bytes.
        max: Option<u64>,
    },
    /// A point in time.
    Timestamp(Option<TimestampFormat>),
    /// JSON-like data without a model.
    Document,
}

/// A structure or union.
#[derive(Clone, Copy, Debug)]
pub struct StructureShape {
    /// The members in the model's order, which is the order of [`crate::Value::Struct`].
    pub members: &'static [Member],
    /// The indices of `members` sorted by [`Member::wire_name`].
    pub by_wire_name: &'static [u16],
    /// Whether exactly one member may be set.
    pub union: bool,
    /// The member that is the whole body in the REST protocols.
    pub payload: Option<u16>,
    /// Whether it is a stream of events.
    pub event_stream: bool,
    /// The element name in XML, where it differs from the shape's.
    pub location_name: Option<&'static str>,
}

impl StructureShape {
    /// The index of the member that the wire calls `name` in JSON, XML, query and CBOR.
    pub fn index_of_wire_name(&self, name: &str) -> Option<usize> {
        let at = self
            .by_wire_name
            .binary_search_by(|i| match self.members.get(usize::from(*i)) {
                Some(m) => m.wire_name().cmp(name),
                None => std::cmp::Ordering::Less,
            })
            .ok()?;
        self.by_wire_name.get(at).map(|i| usize::from(*i))
    }

    /// The index of the member that the model calls `name`.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|m| m.name == name)
    }
}

/// A member of a structure, with the traits that the protocols need.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The model's name.
    pub name: &'static str,
    /// Its shape.
    pub shape: ShapeId,
    /// Whether the caller must give it.
    pub required: bool,
    /// Its name on the wire where it differs.
    pub location_name: Option<&'static str>,
    /// Its name in ec2Query requests where it differs.
    pub query_name: Option<&'static str>,
    /// Where it goes in the REST protocols.
    pub location: Location,
    /// List or map entries repeat without a wrapper.
    pub flattened: bool,
    /// An XML attribute of the enclosing element.
    pub xml_attribute: bool,
    /// The client fills it with a random token.
    pub idempotency_token: bool,
    /// The timestamp format where it differs from the shape's.
    pub timestamp_format: Option<TimestampFormat>,
    /// The XML namespace, as prefix and address.
    pub xml_namespace: Option<(Option<&'static str>, &'static str)>,
}

impl Member {
    /// The name on the wire.
    pub const fn wire_name(&self) -> &'static str {
        match self.location_name {
            Some(name) => name,
            None => self.name,
        }
    }
}

/// Where the REST protocols put a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// The body.
    Body,
    /// One header.
    Header,
    /// All headers with a prefix.
    Headers,
    /// A label of the path.
    Uri,
    /// The query string.
    QueryString,
    /// The status code of the answer.
    StatusCode,
}

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2026-11-22T01:02:03Z`.
    Iso8601,
    /// `Sun, 22 Nov 2026 01:02:03 GMT`.
    Rfc822,
    /// Seconds since 1970, with an optional fraction.
    UnixTimestamp,
}

/// Text and its constraints. Lengths count UTF-16 code units, as AWS's services do.
#[derive(Clone, Copy, Debug)]
pub struct StringShape {
    /// The least length.
    pub min: Option<u64>,
    /// The greatest length.
    pub max: Option<u64>,
    /// The Java regular expression that the whole text must match: a number in
    /// [`Service::patterns`].
    pub pattern: Option<u16>,
    /// The allowed values; empty is any.
    pub values: &'static [&'static str],
}

impl StringShape {
    /// Text without constraints.
    pub const ANY: Self = Self {
        min: None,
        max: None,
        pattern: None,
        values: &[],
    };
}

/// Decides whether a text matches.
pub type Matcher = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// A regular expression of the model, compiled at its first use.
pub struct Pattern {
    /// The expression as the model has it, in Java's syntax.
    pub text: &'static str,
    compiled: OnceLock<Matcher>,
}

impl Pattern {
    /// The expression `text`, not yet compiled.
    pub const fn new(text: &'static str) -> Self {
        Self {
            text,
            compiled: OnceLock::new(),
        }
    }

    /// The matcher; `compile` is called once for the life of the process.
    pub fn matcher(&self, compile: impl FnOnce(&'static str) -> Matcher) -> &Matcher {
        self.compiled.get_or_init(|| compile(self.text))
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}
