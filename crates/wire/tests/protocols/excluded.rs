//! The cases that are left out, each with its reason.

/// Direction, file, case, reason. A `*` stands for any text at the start or end of a case, and for
/// any file.
const EXCLUDED: &[(&str, &str, &str, &str)] = &[
    ("input", "*", "SDKAppliedContentEncoding_*", COMPRESSED),
    (
        "input",
        "*",
        "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_*",
        COMPRESSED,
    ),
    ("input", "*", "*IdempotencyTokenAutoFill", TOKEN),
    ("input", "*", "*HostWithPath", HOST),
    ("input", "json_1_0", "AwsJson10EndpointTrait*", NO_TARGET),
    ("input", "ec2", "Ec2EmptyQueryLists", EMPTY),
    ("input", "query", "QueryEmptyQueryMaps", EMPTY),
    (
        "output",
        "smithy-rpc-v2-cbor",
        "RpcV2CborDeserializesDenseSetMapAndSkipsNull",
        DENSE,
    ),
];

const COMPRESSED: &str = "the case compares no body: it is about compressing it, which no service \
    here asks for";
const TOKEN: &str = "a pure encoder has no randomness; the caller fills idempotency tokens";
const HOST: &str = "the path in front of the endpoint is the caller's";
const NO_TARGET: &str = "the case leaves X-Amz-Target out, so there is nothing to route by";
const EMPTY: &str = "the protocol has no form for an empty collection here, so it reads as absent";
const DENSE: &str = "the models don't say which maps are sparse: absent values stay in the value, \
    and the typed structs leave them out";

/// Cases whose JSON body ours needn't equal, only read back the same.
const OTHER_JSON: &[(&str, &str)] = &[
    ("AwsJson11DateTimeWithNegativeOffset", OFFSET),
    ("AwsJson11DateTimeWithPositiveOffset", OFFSET),
    ("AwsJson11DeserializeIgnoreType", SURPLUS),
    ("AwsJson11StructuresDontDeserializeNullValues", SURPLUS),
    ("AwsJson10DeserializeIgnoreType", SURPLUS),
    ("AwsJson10DeserializeAllowNulls", SURPLUS),
];

const OFFSET: &str = "times are written in UTC";
const SURPLUS: &str = "the case's body holds what a client must ignore";

/// Why the case is left out, if it is.
pub(crate) fn reason(direction: &str, file: &str, id: &str) -> Option<&'static str> {
    let matches = |pattern: &str| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => id.ends_with(end),
        (None, Some(start)) => id.starts_with(start),
        (None, None) => id == pattern,
    };
    let found = EXCLUDED
        .iter()
        .find(|(d, f, pattern, _)| *d == direction && ["*", file].contains(f) && matches(pattern));
    found.map(|e| e.3)
}

/// Why our JSON may differ, if it may.
pub(crate) fn other_json(id: &str) -> Option<&'static str> {
    OTHER_JSON.iter().find(|e| e.0 == id).map(|e| e.1)
}
