//! A scene as PDF: paths as paths, text as text in the letters of DejaVu Sans that it needs, which are embedded.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, LineJoinStyle, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect as PdfRect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;

use super::colour::Paint;
use super::scene::{Anchor, Indexed, Item, Rect, Scene, Segment, Style};
use super::text;
use rheobase_base::{Error, Result};

const FONT: Name<'static> = Name(b"F");
const FONT_NAME: Name<'static> = Name(b"RHEOBS+DejaVuSans");
const ORDERING: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// Distance of a control point of the curve that is a quarter of a circle of radius 1.
const ROUND: f64 = 0.552_284_75;

/// The picture as the bytes of a PDF file of one page. Equal scenes give equal bytes.
pub(crate) fn write(scene: &Scene) -> Result<Vec<u8>> {
    let mut page = PageOf { content: Content::new(), letters: Letters::default(), opacities: Vec::new() };
    // Scenes count from the top, PDF from the bottom.
    page.content.transform([1.0, 0.0, 0.0, -1.0, 0.0, scene.height as f32]);
    page.content.set_line_join(LineJoinStyle::RoundJoin);
    let mut images = Vec::new();
    for item in &scene.items {
        match item {
            Item::Path { segments, style } => page.path(segments, style),
            Item::Text { at, text, size, anchor, upwards, paint } => {
                page.text(*at, text, *size, *anchor, *upwards, *paint);
            }
            Item::Image { rect, image } => {
                page.image(*rect, images.len());
                images.push(image);
            }
        }
    }
    assemble(scene, page, &images)
}

/// What stands on the page, and what it needs besides.
struct PageOf {
    content: Content,
    letters: Letters,
    /// Opacities in use, in hundredths.
    opacities: Vec<u32>,
}

/// The letters in use: their glyphs in the font, and in the part of it that is embedded.
#[derive(Default)]
struct Letters {
    glyphs: GlyphRemapper,
    /// Number in the embedded part, the letter, its advance in ems.
    used: BTreeMap<u16, (char, f64)>,
}

fn rgb(paint: Paint) -> [f32; 3] {
    match paint {
        Paint::Ink => [0.0; 3],
        Paint::Paper => [1.0; 3],
        Paint::Rgb(c) => c.map(|x| f32::from(x) / 255.0),
    }
}

impl PageOf {
    fn path(&mut self, segments: &[Segment], style: &Style) {
        let c = &mut self.content;
        c.save_state();
        if let Some(opacity) = style.opacity {
            let hundredths = (opacity * 100.0).round() as u32;
            let known = self.opacities.iter().position(|o| *o == hundredths);
            let number = known.unwrap_or_else(|| {
                self.opacities.push(hundredths);
                self.opacities.len() - 1
            });
            c.set_parameters(Name(format!("G{number}").as_bytes()));
        }
        if let Some(paint) = style.fill {
            let [r, g, b] = rgb(paint);
            c.set_fill_rgb(r, g, b);
        }
        if let Some((paint, width)) = style.stroke {
            let [r, g, b] = rgb(paint);
            c.set_stroke_rgb(r, g, b).set_line_width(width as f32);
        }
        if style.dashed {
            c.set_dash_pattern([3.0, 2.0], 0.0);
        }
        segments.iter().for_each(|s| segment(c, *s));
        match (style.fill.is_some(), style.stroke.is_some()) {
            (true, true) => c.fill_nonzero_and_stroke(),
            (true, false) => c.fill_nonzero(),
            (false, true) => c.stroke(),
            (false, false) => c.end_path(),
        };
        c.restore_state();
    }

    fn text(&mut self, at: [f64; 2], words: &str, size: f64, anchor: Anchor, upwards: bool, paint: Paint) {
        let back = match anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => text::width(words, size) / 2.0,
            Anchor::End => text::width(words, size),
        };
        let coded: Vec<u8> = words.chars().flat_map(|c| self.letters.code(c).to_be_bytes()).collect();
        let [x, y] = at.map(|v| v as f32);
        let back = back as f32;
        let [r, g, b] = rgb(paint);
        // Letters stand upright although the page counts downwards.
        let matrix = match upwards {
            false => [1.0, 0.0, 0.0, -1.0, x - back, y],
            true => [0.0, -1.0, -1.0, 0.0, x, y + back],
        };
        self.content.begin_text().set_font(FONT, size as f32).set_fill_rgb(r, g, b);
        self.content.set_text_matrix(matrix).show(Str(&coded)).end_text();
    }

    fn image(&mut self, r: Rect, number: usize) {
        let [x, y, w, h] = [r.x, r.y, r.w, r.h].map(|v| v as f32);
        self.content.save_state().transform([w, 0.0, 0.0, -h, x, y + h]);
        self.content.x_object(Name(format!("I{number}").as_bytes())).restore_state();
    }
}

impl Letters {
    fn code(&mut self, c: char) -> u16 {
        let (glyph, advance) = text::glyph(c);
        let code = self.glyphs.remap(glyph);
        self.used.entry(code).or_insert((c, advance));
        code
    }
}

fn segment(c: &mut Content, s: Segment) {
    match s {
        Segment::Move(x, y) => c.move_to(x as f32, y as f32),
        Segment::Line(x, y) => c.line_to(x as f32, y as f32),
        Segment::Rect(r) => c.rect(r.x as f32, r.y as f32, r.w as f32, r.h as f32),
        Segment::Close => c.close_path(),
        Segment::Circle { x, y, r } => {
            let at = |dx: f64, dy: f64| ((x + r * dx) as f32, (y + r * dy) as f32);
            let start = at(1.0, 0.0);
            c.move_to(start.0, start.1);
            let corners = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]];
            for (i, [x, y]) in corners.into_iter().enumerate() {
                let [u, v] = corners[(i + 1) % 4];
                let (a, b, to) =
                    (at(x + ROUND * u, y + ROUND * v), at(u + ROUND * x, v + ROUND * y), at(u, v));
                c.cubic_to(a.0, a.1, b.0, b.1, to.0, to.1);
            }
            c.close_path()
        }
    };
}

/// Gives out numbers of objects.
struct Numbers(i32);

impl Numbers {
    fn next(&mut self) -> Ref {
        self.0 += 1;
        Ref::new(self.0)
    }
}

fn assemble(scene: &Scene, page: PageOf, images: &[&Indexed]) -> Result<Vec<u8>> {
    let mut numbers = Numbers(0);
    let mut pdf = Pdf::new();
    let [catalog, tree, leaf, content, info] = [(); 5].map(|()| numbers.next());
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree).kids([leaf]).count(1);
    let font =
        if page.letters.used.is_empty() { None } else { Some(embed(&mut pdf, &mut numbers, &page.letters)?) };
    let mut pictures = Vec::new();
    for image in images {
        pictures.push(picture(&mut pdf, &mut numbers, image)?);
    }
    let mut out = pdf.page(leaf);
    out.parent(tree).contents(content);
    out.media_box(PdfRect::new(0.0, 0.0, scene.width as f32, scene.height as f32));
    let mut resources = out.resources();
    if let Some(font) = font {
        resources.fonts().pair(FONT, font);
    }
    let mut objects = resources.x_objects();
    for (i, id) in pictures.iter().enumerate() {
        objects.pair(Name(format!("I{i}").as_bytes()), *id);
    }
    objects.finish();
    let mut states = resources.ext_g_states();
    for (i, hundredths) in page.opacities.iter().enumerate() {
        let opacity = *hundredths as f32 / 100.0;
        let mut state =
            states.insert(Name(format!("G{i}").as_bytes())).start::<pdf_writer::writers::ExtGraphicsState>();
        state.non_stroking_alpha(opacity).stroking_alpha(opacity);
    }
    states.finish();
    resources.finish();
    out.finish();
    let bytes = deflated(&page.content.finish())?;
    pdf.stream(content, &bytes).filter(Filter::FlateDecode);
    let mut about = pdf.document_info(info);
    about.title(TextStr(&scene.title));
    if let Some((_, software)) = scene.provenance.first() {
        about.creator(TextStr(software));
    }
    about.subject(TextStr(&scene.provenance_text()));
    about.finish();
    Ok(pdf.finish())
}

/// The letters in use as a font of the file.
fn embed(pdf: &mut Pdf, numbers: &mut Numbers, letters: &Letters) -> Result<Ref> {
    let [font, cid, descriptor, cmap, file] = [(); 5].map(|()| numbers.next());
    pdf.type0_font(font)
        .base_font(FONT_NAME)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(cmap);
    let mut described = pdf.cid_font(cid);
    described.subtype(CidFontType::Type2).base_font(FONT_NAME).system_info(ORDERING);
    described.font_descriptor(descriptor).default_width(0.0);
    described.cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = described.widths();
    for (code, (_, advance)) in &letters.used {
        widths.consecutive(*code, [(1000.0 * advance) as f32]);
    }
    widths.finish();
    described.finish();
    let [left, bottom, right, top, ascent, descent, capitals] = text::metrics().map(|v| (1000.0 * v) as f32);
    let mut about = pdf.font_descriptor(descriptor);
    about.name(FONT_NAME).flags(FontFlags::NON_SYMBOLIC).italic_angle(0.0).stem_v(90.0);
    about.bbox(PdfRect::new(left, bottom, right, top)).ascent(ascent).descent(descent).cap_height(capitals);
    about.font_file2(file);
    about.finish();
    let mut map = UnicodeCmap::new(Name(b"Letters"), ORDERING);
    letters.used.iter().for_each(|(code, (letter, _))| map.pair(*code, *letter));
    let map = deflated(&map.finish())?;
    pdf.cmap(cmap, &map).filter(Filter::FlateDecode);
    let part = subsetter::subset(dejavu::sans::regular(), 0, &letters.glyphs)
        .map_err(|e| Error::unsupported("pdf", format!("the font cannot be embedded: {e}")))?;
    let bytes = deflated(&part)?;
    pdf.stream(file, &bytes).filter(Filter::FlateDecode).pair(Name(b"Length1"), part.len() as i32);
    Ok(font)
}

/// An image of few colours, some of which may be see-through.
fn picture(pdf: &mut Pdf, numbers: &mut Numbers, image: &Indexed) -> Result<Ref> {
    let id = numbers.next();
    let [w, h] = [image.w, image.h].map(|n| n as i32);
    let clear = image.palette.iter().any(|c| c[3] != 255);
    let mask = clear.then(|| numbers.next());
    let pixels = deflated(&image.pixels)?;
    let colours: Vec<u8> = image.palette.iter().flat_map(|c| [c[0], c[1], c[2]]).collect();
    let mut out = pdf.image_xobject(id, &pixels);
    out.width(w).height(h).bits_per_component(8).filter(Filter::FlateDecode);
    out.color_space().indexed(Name(b"DeviceRGB"), (image.palette.len().max(1) - 1) as i32, &colours);
    if let Some(mask) = mask {
        out.s_mask(mask);
    }
    out.finish();
    if let Some(mask) = mask {
        let alpha = |p: &u8| image.palette.get(usize::from(*p)).map_or(0, |c| c[3]);
        let shades = deflated(&image.pixels.iter().map(alpha).collect::<Vec<u8>>())?;
        let mut out = pdf.image_xobject(mask, &shades);
        out.width(w).height(h).bits_per_component(8).filter(Filter::FlateDecode);
        out.color_space().device_gray();
    }
    Ok(id)
}

fn deflated(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::default());
    out.write_all(bytes)
        .and_then(|()| out.finish())
        .map_err(|e| Error::unsupported("pdf", format!("cannot be packed: {e}")))
}
