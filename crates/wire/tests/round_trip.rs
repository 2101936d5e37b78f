//! Every operation of every service, in every protocol: what one side writes the other reads back,
//! and broken bytes are refused without harm.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use http::HeaderMap;
use rolecall_api::{Kind, OperationShape, Protocol, SERVICES, Service, ShapeId, Timestamp, Value};
use rolecall_wire::{RawRequest, Route, decode, decode_output, encode_input, encode_output};

/// The protocols that the codec speaks. A service's tables serve all of them.
const PROTOCOLS: &[Protocol] = &[
    Protocol::AwsJson1_0,
    Protocol::AwsJson1_1,
    Protocol::AwsQuery,
    Protocol::Ec2Query,
    Protocol::RpcV2Cbor,
];

/// A small generator of numbers (xorshift64*), the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    fn text(&mut self) -> String {
        let parts = [
            "a", "<&>\"'", " ", "é日", "\n", "\t", "%41+=", ".", "\\", "😀", "\r", "0",
        ];
        let length = self.below(6);
        (0..length)
            .map(|_| *parts.get(self.below(12) as usize).unwrap())
            .collect()
    }
}

/// A value of shape `id`; null where the shape can't have one that every protocol can say.
fn any(service: &'static Service, id: ShapeId, depth: u32, numbers: &mut Numbers) -> Value {
    match &service.shape(id).kind {
        Kind::Structure(s) => {
            let mut members = Vec::new();
            for m in s.members {
                members.push(match depth < 4 && numbers.below(3) > 0 {
                    true => any(service, m.shape, depth + 1, numbers),
                    false => Value::Null,
                });
            }
            // An empty structure reads as absent in the query protocol.
            match depth > 0 && members.iter().all(Value::is_null) {
                true => Value::Null,
                false => Value::Struct(members),
            }
        }
        Kind::List { member, .. } => {
            let length = 1 + numbers.below(3);
            let items: Vec<Value> = (0..length)
                .map(|_| any(service, *member, depth + 1, numbers))
                .filter(|v| !v.is_null())
                .collect();
            match items.is_empty() {
                true => Value::Null,
                false => Value::List(items),
            }
        }
        Kind::Map { value, .. } => {
            let length = 1 + numbers.below(3);
            let entries: Vec<(String, Value)> = (0..length)
                .map(|i| {
                    let key = format!("{i}{}", numbers.text());
                    (key, any(service, *value, depth + 1, numbers))
                })
                .filter(|(_, v)| !v.is_null())
                .collect();
            match entries.is_empty() {
                true => Value::Null,
                false => Value::Map(entries),
            }
        }
        Kind::String(_) => Value::Str(numbers.text()),
        Kind::Integer { .. } => Value::Int(numbers.below(1 << 31) as i64 - (1 << 30)),
        Kind::Long { .. } => Value::Int((numbers.below(1 << 31) << 31) as i64 - (1 << 40)),
        Kind::Float { .. } | Kind::Double { .. } => Value::Float(numbers.below(1000) as f64 / 8.0),
        Kind::Boolean => Value::Bool(numbers.below(2) == 1),
        Kind::Blob { .. } => Value::Blob(numbers.text().into_bytes()),
        Kind::Timestamp(_) => {
            let seconds = numbers.below(1 << 31) as i64;
            // IAM and STS write whole seconds.
            let ms = match service.id {
                "iam" | "sts" => 0,
                _ => numbers.below(1000) as i64,
            };
            Value::Timestamp(Timestamp::from_epoch_millis(seconds * 1000 + ms))
        }
        // Documents exist in JSON alone.
        Kind::Document => Value::Null,
    }
}

/// Calls `check` for every operation and protocol, a few times.
fn each_operation(check: fn(&Route, &mut Numbers)) {
    let mut numbers = Numbers(0x5eed);
    for service in SERVICES {
        for operation in service.operations {
            for protocol in PROTOCOLS {
                let route = Route {
                    service,
                    operation,
                    protocol: *protocol,
                };
                check(&route, &mut numbers);
            }
        }
    }
}

fn raw<'a>(headers: &'a HeaderMap, body: &'a [u8]) -> RawRequest<'a> {
    RawRequest {
        method: "POST",
        path: "/",
        query: "",
        headers,
        body,
    }
}

fn input(route: &Route, numbers: &mut Numbers) -> Value {
    end(route.service, route.operation.input, numbers)
}

fn end(service: &'static Service, id: Option<ShapeId>, numbers: &mut Numbers) -> Value {
    id.map_or(Value::Struct(Vec::new()), |id| any(service, id, 0, numbers))
}

fn written(route: &Route, value: &Value) -> Vec<u8> {
    encode_input(route.service, route.operation, route.protocol, value)
        .unwrap()
        .body
}

#[test]
fn inputs_read_back() {
    each_operation(|route, numbers| {
        let value = input(route, numbers);
        if route.protocol == Protocol::Ec2Query && takes_action(route) {
            return;
        }
        let body = written(route, &value);
        let headers = HeaderMap::new();
        let back = decode(route, &raw(&headers, &body)).unwrap();
        assert_eq!(back, value, "{} {:?}", route.operation.name, route.protocol);
    });
}

/// Whether the input has a member that ec2Query would write as `Action` or `Version`, the names
/// that every request has already.
fn takes_action(route: &Route) -> bool {
    let input = route
        .operation
        .input
        .map(|id| &route.service.shape(id).kind);
    match input {
        Some(Kind::Structure(s)) => s.members.iter().any(|m| {
            m.name.eq_ignore_ascii_case("action") || m.name.eq_ignore_ascii_case("version")
        }),
        _ => false,
    }
}

fn read(route: &Route, body: &[u8]) -> Option<Value> {
    let operation: &'static OperationShape = route.operation;
    let headers = HeaderMap::new();
    decode_output(
        route.service,
        operation,
        route.protocol,
        200,
        &headers,
        body,
    )
    .ok()
}

#[test]
fn outputs_read_back() {
    each_operation(|route, numbers| {
        let value = end(route.service, route.operation.output, numbers);
        let answer = encode_output(route, &value, "id");
        let back = read(route, &answer.body);
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(
            back.as_ref(),
            Some(&value),
            "{} {:?} {text}",
            route.operation.name,
            route.protocol
        );
    });
}

#[test]
fn broken_bytes_are_refused_or_read_but_do_no_harm() {
    each_operation(|route, numbers| {
        let value = input(route, numbers);
        let mut body = written(route, &value);
        for _ in 0..1 + numbers.below(4) {
            if body.is_empty() {
                return;
            }
            let at = numbers.below(body.len() as u64) as usize;
            match numbers.below(3) {
                0 => body.truncate(at),
                1 => *body.get_mut(at).unwrap() = numbers.below(256) as u8,
                _ => body.insert(at, numbers.below(256) as u8),
            }
        }
        let headers = HeaderMap::new();
        // Whatever is read has the input's form, so validation and types can take it.
        if let Ok(value) = decode(route, &raw(&headers, &body)) {
            assert!(matches!(value, Value::Struct(_)));
            let _ = rolecall_wire::validate(route.service, route.operation.input, &value);
        }
        let _ = read(route, &body);
    });
}
