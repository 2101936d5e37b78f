//! QR codes as PNG images.

use qrcode::{Color, QrCode};
use rolecall_base::AwsError;

/// Pixels of one module's side.
const SCALE: usize = 6;
/// Light modules around the code (ISO/IEC 18004: four).
const QUIET: usize = 4;

/// `text` as a QR code: a PNG image of one bit for each pixel.
///
/// # Errors
/// An internal failure for a text that no QR code can hold.
pub(super) fn png(text: &str) -> Result<Vec<u8>, AwsError> {
    let code = QrCode::new(text.as_bytes()).map_err(|_| AwsError::internal())?;
    let modules = code.width();
    let colors = code.into_colors();
    let side = (modules + 2 * QUIET) * SCALE;
    let is_light = |x: usize, y: usize| {
        let at = |pixel: usize| (pixel / SCALE).checked_sub(QUIET).filter(|n| *n < modules);
        let index = at(x).zip(at(y)).map(|(x, y)| y * modules + x);
        index.and_then(|index| colors.get(index)) != Some(&Color::Dark)
    };
    let mut rows = Vec::with_capacity(side.div_ceil(8) * side);
    for y in 0..side {
        for first in (0..side).step_by(8) {
            let bits = (0..8).filter(|bit| first + bit < side && is_light(first + bit, y));
            rows.push(bits.fold(0u8, |byte, bit| byte | (0x80 >> bit)));
        }
    }
    encode(side, &rows).map_err(|error| {
        tracing::error!(%error, "a QR code could not be written as PNG");
        AwsError::internal()
    })
}

fn encode(side: usize, rows: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut image = Vec::new();
    let side = u32::try_from(side).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut image, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rows)?;
    writer.finish()?;
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_is_a_png_with_a_quiet_zone_and_finder_patterns() {
        let text = format!("otpauth://totp/ann@123456789012?secret={}", "A".repeat(64));
        let image = png(&text).unwrap();
        let decoder = png::Decoder::new(std::io::Cursor::new(image));
        let mut reader = decoder.read_info().unwrap();
        let mut rows = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut rows).unwrap();
        assert_eq!(info.width, info.height);
        assert_eq!(info.width as usize % SCALE, 0);
        let dark = |x: usize, y: usize| rows[y * info.line_size + x / 8] & (0x80 >> (x % 8)) == 0;
        assert!(!dark(0, 0) && !dark(QUIET * SCALE - 1, QUIET * SCALE - 1));
        // A finder pattern in three of the four corners: seven dark modules in a row.
        let far = info.width as usize - (QUIET + 7) * SCALE;
        for (left, top) in [(QUIET * SCALE, QUIET * SCALE), (far, QUIET * SCALE)] {
            assert!((0..7 * SCALE).all(|n| dark(left + n, top)));
        }
    }
}
