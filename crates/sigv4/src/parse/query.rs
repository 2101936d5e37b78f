//! The presigned form: `X-Amz-*` in the query string.

use super::{
    AmzTime, AuthError, Cow, Form, MAX_EXPIRES_S, Parts, RequestView, decode_query, header_text,
    pairs,
};

/// The parameters that the form consists of, in the order in which AWS lists missing ones.
const REQUIRED: [&str; 5] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
];

pub(super) fn is_presigned(query: &str) -> bool {
    query.contains("X-Amz-") && pairs(query).any(|(key, _)| key == "X-Amz-Algorithm")
}

/// AWS's text for missing parameters.
pub(super) fn missing(names: &[&str]) -> String {
    let mut text = String::new();
    for name in names {
        text.push_str(&format!(
            "AWS query-string parameters must include '{name}'. "
        ));
    }
    text.push_str("Re-examine the query-string parameters.");
    text
}

/// One parameter, decoded; a repeated one is refused.
fn parameter<'a>(query: &'a str, name: &str) -> Result<Option<Cow<'a, str>>, AuthError> {
    let mut values = pairs(query)
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let Some(raw) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        let text = format!("AWS query-string parameter '{name}' must not be repeated.");
        return Err(AuthError::IncompleteQuery(text));
    }
    if !raw.contains(['%', '+']) {
        return Ok(Some(Cow::Borrowed(raw)));
    }
    let bytes = decode_query(raw).ok_or(AuthError::MalformedQuery)?;
    String::from_utf8(bytes)
        .map(|text| Some(Cow::Owned(text)))
        .map_err(|_| AuthError::MalformedQuery)
}

pub(super) fn parts<'a>(req: &RequestView<'a>) -> Result<Parts<'a>, AuthError> {
    let mut values = [const { None }; REQUIRED.len()];
    let mut absent = Vec::new();
    for (slot, name) in values.iter_mut().zip(REQUIRED) {
        *slot = parameter(req.query, name)?.filter(|value| !value.is_empty());
        if slot.is_none() {
            absent.push(name);
        }
    }
    let [
        Some(algorithm),
        Some(credential),
        Some(signature),
        Some(signed_headers),
        Some(date),
    ] = values
    else {
        return Err(AuthError::IncompleteQuery(missing(&absent)));
    };
    let time = AmzTime::parse_basic(&date)
        .ok_or_else(|| AuthError::MalformedDate(date.clone().into_owned()))?;
    let token = parameter(req.query, "X-Amz-Security-Token")?;
    let header_token = header_text(req, "x-amz-security-token")?.map(Cow::Borrowed);
    if token.is_some() && header_token.is_some() {
        let text = "X-Amz-Security-Token must not be repeated.";
        return Err(AuthError::IncompleteQuery(text.to_owned()));
    }
    let payload = parameter(req.query, "X-Amz-Content-Sha256")?;
    let header_payload = header_text(req, "x-amz-content-sha256")?.map(Cow::Borrowed);
    Ok(Parts {
        form: Form::Query,
        algorithm,
        credential,
        signature,
        signed_headers,
        time,
        security_token: token.or(header_token),
        declared_payload: header_payload.or(payload),
        expires_s: expires(req.query)?,
    })
}

fn expires(query: &str) -> Result<Option<u32>, AuthError> {
    let Some(text) = parameter(query, "X-Amz-Expires")? else {
        return Ok(None);
    };
    let digits = text.strip_prefix('-').unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AuthError::BadExpires("X-Amz-Expires should be a number"));
    }
    match text.parse::<i64>() {
        Ok(..=0) => Err(AuthError::BadExpires("X-Amz-Expires must be non-negative")),
        Ok(seconds) => match u32::try_from(seconds) {
            Ok(seconds) if seconds <= MAX_EXPIRES_S => Ok(Some(seconds)),
            _ => Err(AuthError::BadExpires(TOO_LONG)),
        },
        Err(_) => Err(AuthError::BadExpires(TOO_LONG)),
    }
}

const TOO_LONG: &str = "X-Amz-Expires must be less than a week (in seconds); that is, the given \
    X-Amz-Expires must be less than 604800 seconds";
