//! How the texts and times of a record become bytes.

/// A time as its milliseconds.
pub(crate) mod timestamp {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error, Write};
    use minicbor::{Decoder, Encoder};
    use rolecall_base::Timestamp;

    pub(crate) fn encode<C, W: Write>(
        at: &Timestamp,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), Error<W::Error>> {
        e.i64(at.epoch_millis())?.ok()
    }

    pub(crate) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Timestamp, DecodeError> {
        Ok(Timestamp::from_epoch_millis(d.i64()?))
    }
}

/// A time that may be absent.
pub(crate) mod timestamp_opt {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error, Write};
    use minicbor::{Decoder, Encoder};
    use rolecall_base::Timestamp;

    pub(crate) fn encode<C, W: Write>(
        at: &Option<Timestamp>,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), Error<W::Error>> {
        e.encode_with(at.map(Timestamp::epoch_millis), ctx)?.ok()
    }

    pub(crate) fn decode<C>(
        d: &mut Decoder<'_>,
        ctx: &mut C,
    ) -> Result<Option<Timestamp>, DecodeError> {
        let at: Option<i64> = d.decode_with(ctx)?;
        Ok(at.map(Timestamp::from_epoch_millis))
    }
}
