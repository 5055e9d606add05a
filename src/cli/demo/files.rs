//! The files of the demonstration, made when it is told: no picture of anybody's has to lie among the sources.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// How wide and high the picture is.
const SIZE: (u32, u32) = (480, 160);
/// The colours of the ground, of the line in the middle and of what is heard.
const COLOURS: [[u8; 3]; 3] = [[250, 250, 252], [208, 212, 220], [37, 99, 150]];
/// From where on nothing is heard, in columns: 28 seconds of 48.
const SILENT_FROM: u32 = 280;

/// A picture of one call: it is heard, and then it is not.
pub fn waveform() -> io::Result<Vec<u8>> {
    let (width, height) = SIZE;
    let mut rows = Vec::with_capacity((height * (width + 1)) as usize);
    for y in 0..height {
        // No filter.
        rows.push(0);
        for x in 0..width {
            let off = y.abs_diff(height / 2);
            rows.push(match off {
                0 => 1,
                off if off <= loudness(x) => 2,
                _ => 0,
            });
        }
    }
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&rows)?;
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // Eight bits a pixel, each a place among the colours.
    header.extend([8, 3, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut png, *b"IHDR", &header);
    chunk(&mut png, *b"PLTE", &COLOURS.concat());
    chunk(&mut png, *b"IDAT", &packed.finish()?);
    chunk(&mut png, *b"IEND", &[]);
    Ok(png)
}

/// How loud the call is at a column: some words, and pauses between them.
fn loudness(x: u32) -> u32 {
    if x >= SILENT_FROM || x % 90 > 70 {
        return 0;
    }
    8 + (x * 7919 % 53) * (x % 90).min(45) / 45
}

fn chunk(png: &mut Vec<u8>, kind: [u8; 4], bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or_default();
    png.extend(length.to_be_bytes());
    let mut sum = Crc::new();
    sum.update(&kind);
    sum.update(bytes);
    png.extend(kind);
    png.extend(bytes);
    png.extend(sum.sum().to_be_bytes());
}

/// What the edge wrote down of the same call.
pub fn edge_log() -> String {
    let mut log = String::new();
    for second in 0..48 {
        let packets = if second < 28 { 50 } else { 0 };
        // Writing into a text does not fail.
        let _ = writeln!(
            log,
            "T+{second:02} edge=eu-central-1 leg=b rtp_in={packets} rtp_out=50{}",
            if second == 28 { " event=re-INVITE" } else { "" }
        );
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attachment::MediaType;

    #[test]
    fn the_picture_is_one() {
        let png = waveform().expect("a picture");
        assert_eq!(MediaType::of(&png), MediaType::Png);
        assert!(png.ends_with(b"IEND\xae\x42\x60\x82"));
        assert!(edge_log().contains("re-INVITE"));
    }
}
