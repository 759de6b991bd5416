//! A scene as PNG, and the small indexed PNGs inside SVGs.

use super::colour::Paint;
use super::scene::{Anchor, Indexed, Item, Rect, Scene, Segment, Style};
use super::text;
use rheobase_base::{Error, Result};
use tiny_skia::{
    Color, FillRule, FilterQuality, Paint as SkPaint, PathBuilder, Pixmap, PixmapPaint, PremultipliedColorU8,
    Shader, Stroke, StrokeDash, Transform,
};

/// Pixels of a picture, at most: 1.6 GB of them are drawn on.
const PIXELS: f64 = 4e8;

/// The picture as the bytes of a PNG file: black on white, so many dots per inch.
pub(crate) fn write(scene: &Scene, dpi: f64) -> Result<Vec<u8>> {
    let px = dpi / 72.0;
    let [w, h] = [scene.width, scene.height].map(|points| (points * px).round());
    if w * h > PIXELS {
        return Err(failed(format!("{w} × {h} pixels are more than {PIXELS:e}")));
    }
    let (w, h) = (w as u32, h as u32);
    let mut canvas =
        Pixmap::new(w, h).ok_or_else(|| failed(format!("{w} × {h} pixels do not fit in memory")))?;
    canvas.fill(Color::WHITE);
    for item in &scene.items {
        match item {
            Item::Path { segments, style } => path(&mut canvas, segments, style, scale(px)),
            Item::Text { at, text, size, anchor, upwards, paint } => {
                label(&mut canvas, (*at, *upwards), text, *size, *anchor, *paint, scale(px));
            }
            Item::Image { rect, image } => picture(&mut canvas, *rect, image, scale(px)),
        }
    }
    // Opaque white lies below everything, so alpha is 255 throughout and colour is stored as it is.
    let rgb: Vec<u8> = canvas.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    encode(w, h, png::ColorType::Rgb, &rgb, |e| {
        let per_metre = (dpi / 0.0254).round() as u32;
        let unit = png::Unit::Meter;
        e.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit }));
        let title = [("Title", scene.title.clone())];
        let known = [("Software", scene.provenance.first().map_or(String::new(), |p| p.1.clone()))];
        for (key, text) in title.into_iter().chain(known).chain([("Source", scene.provenance_text())]) {
            e.add_itxt_chunk(key.into(), text)?;
        }
        Ok(())
    })
}

/// The width of a PNG at 96 pixels an inch, if it says how large its own pixels are.
pub(crate) fn width(file: &[u8]) -> Option<f64> {
    let reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().ok()?;
    let info = reader.info();
    let size = info.pixel_dims.filter(|d| d.unit == png::Unit::Meter && d.xppu > 0)?;
    Some(f64::from(info.width) / f64::from(size.xppu) / 0.0254 * 96.0)
}

/// An indexed image as a PNG file.
pub(crate) fn encode_indexed(image: &Indexed) -> Result<Vec<u8>> {
    encode(image.w, image.h, png::ColorType::Indexed, &image.pixels, |e| {
        e.set_palette(image.palette.iter().flat_map(|c| [c[0], c[1], c[2]]).collect::<Vec<u8>>());
        if image.palette.iter().any(|c| c[3] != 255) {
            e.set_trns(image.palette.iter().map(|c| c[3]).collect::<Vec<u8>>());
        }
        Ok(())
    })
}

fn encode(
    w: u32,
    h: u32,
    colour: png::ColorType,
    data: &[u8],
    set: impl FnOnce(&mut png::Encoder<'_, &mut Vec<u8>>) -> std::result::Result<(), png::EncodingError>,
) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, w, h);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    // Flat areas and shades of single pixels: measured, filters make these larger, and faster compression much larger.
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(png::Filter::NoFilter);
    set(&mut encoder).map_err(|e| failed(e.to_string()))?;
    let mut writer = encoder.write_header().map_err(|e| failed(e.to_string()))?;
    writer.write_image_data(data).map_err(|e| failed(e.to_string()))?;
    writer.finish().map_err(|e| failed(e.to_string()))?;
    Ok(out)
}

fn failed(what: String) -> Error {
    Error::unsupported("png", format!("{what}; make the figure smaller"))
}

fn scale(px: f64) -> Transform {
    Transform::from_scale(px as f32, px as f32)
}

fn brush(paint: Paint, style: &Style) -> SkPaint<'static> {
    let [r, g, b] = match paint {
        Paint::Ink => [0, 0, 0],
        Paint::Paper => [255, 255, 255],
        Paint::Rgb(c) => c,
    };
    let alpha = (style.opacity.unwrap_or(1.0) * 255.0).round() as u8;
    SkPaint {
        shader: Shader::SolidColor(Color::from_rgba8(r, g, b, alpha)),
        anti_alias: !style.crisp,
        ..SkPaint::default()
    }
}

fn path(canvas: &mut Pixmap, segments: &[Segment], style: &Style, scale: Transform) {
    let mut b = PathBuilder::with_capacity(segments.len(), segments.len());
    for s in segments {
        match *s {
            Segment::Move(x, y) => b.move_to(x as f32, y as f32),
            Segment::Line(x, y) => b.line_to(x as f32, y as f32),
            Segment::Circle { x, y, r } => b.push_circle(x as f32, y as f32, r as f32),
            Segment::Rect(r) => {
                if let Some(r) = tiny_skia::Rect::from_xywh(r.x as f32, r.y as f32, r.w as f32, r.h as f32) {
                    b.push_rect(r);
                }
            }
            Segment::Close => b.close(),
        }
    }
    let Some(path) = b.finish() else { return };
    if let Some(paint) = style.fill {
        canvas.fill_path(&path, &brush(paint, style), FillRule::Winding, scale, None);
    }
    if let Some((paint, width)) = style.stroke {
        let stroke = Stroke {
            width: width as f32,
            line_join: tiny_skia::LineJoin::Round,
            dash: if style.dashed { StrokeDash::new(vec![3.0, 2.0], 0.0) } else { None },
            ..Stroke::default()
        };
        canvas.stroke_path(&path, &brush(paint, style), &stroke, scale, None);
    }
}

fn label(
    canvas: &mut Pixmap,
    (at, upwards): ([f64; 2], bool),
    text: &str,
    size: f64,
    anchor: Anchor,
    paint: Paint,
    scale: Transform,
) {
    let mut b = PathBuilder::new();
    text::outline(text, |s| {
        let f = |p: [f64; 2]| (p[0] as f32, -p[1] as f32);
        match s {
            text::Stroke::Move(p) => b.move_to(f(p).0, f(p).1),
            text::Stroke::Line(p) => b.line_to(f(p).0, f(p).1),
            text::Stroke::Quad(c, p) => b.quad_to(f(c).0, f(c).1, f(p).0, f(p).1),
            text::Stroke::Cubic(c, d, p) => b.cubic_to(f(c).0, f(c).1, f(d).0, f(d).1, f(p).0, f(p).1),
            text::Stroke::Close => b.close(),
        }
    });
    let Some(path) = b.finish() else { return };
    let back = match anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => text::width(text, size) / 2.0,
        Anchor::End => text::width(text, size),
    };
    let mut place = Transform::from_scale(size as f32, size as f32).post_translate(-back as f32, 0.0);
    if upwards {
        place = place.post_rotate(-90.0);
    }
    let place = place.post_translate(at[0] as f32, at[1] as f32).post_concat(scale);
    canvas.fill_path(&path, &brush(paint, &Style::default()), FillRule::Winding, place, None);
}

fn picture(canvas: &mut Pixmap, r: Rect, image: &Indexed, scale: Transform) {
    let Some(mut pixmap) = Pixmap::new(image.w, image.h) else { return };
    let palette: Vec<PremultipliedColorU8> = image
        .palette
        .iter()
        .map(|c| tiny_skia::ColorU8::from_rgba(c[0], c[1], c[2], c[3]).premultiply())
        .collect();
    for (to, from) in pixmap.pixels_mut().iter_mut().zip(&image.pixels) {
        *to = palette.get(usize::from(*from)).copied().unwrap_or(PremultipliedColorU8::TRANSPARENT);
    }
    let place = Transform::from_scale((r.w / f64::from(image.w)) as f32, (r.h / f64::from(image.h)) as f32)
        .post_translate(r.x as f32, r.y as f32)
        .post_concat(scale);
    // Where pixels of the image are lost, every one of them still leaves a trace.
    let smaller = r.w * f64::from(scale.sx) < 0.99 * f64::from(image.w);
    let quality = if smaller { FilterQuality::Bilinear } else { FilterQuality::Nearest };
    let paint = PixmapPaint { quality, ..PixmapPaint::default() };
    canvas.draw_pixmap(0, 0, pixmap.as_ref(), &paint, place, None);
}
