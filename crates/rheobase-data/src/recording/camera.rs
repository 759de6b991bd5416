//! Events of cameras that see changes of brightness: when, where, brighter or darker.

use super::found::{Found, Said};
use super::options::{Pixels, Polarity};
use super::spike_list::{Ids, MOST_TRAINS, SpikeList};
use rheobase_base::memory;

/// Events in the order of the file, 13 bytes each.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct CameraEvents {
    /// µs.
    pub(super) t: Vec<i64>,
    pub(super) x: Vec<u16>,
    pub(super) y: Vec<u16>,
    /// 1 brighter, 0 darker.
    pub(super) p: Vec<u8>,
    /// Width and height, where the file says so.
    pub(super) size: Option<(u16, u16)>,
    /// When signals from outside came, µs.
    pub(super) triggers: Vec<i64>,
    /// Events that stood before the file told the time.
    pub(super) without_time: usize,
}

/// Events at most, so that a crafted header cannot ask for more memory than there is.
pub(super) fn check_memory(events: usize) -> Said<()> {
    memory::check(13.0 * events as f64).map_err(|rule| format!("may hold {events} events, which {rule}"))
}

impl CameraEvents {
    /// Room for so many events.
    pub(super) fn with_room(events: usize) -> Said<CameraEvents> {
        check_memory(events)?;
        let mut all = CameraEvents::default();
        all.t.reserve_exact(events);
        all.x.reserve_exact(events);
        all.y.reserve_exact(events);
        all.p.reserve_exact(events);
        Ok(all)
    }

    #[inline]
    pub(super) fn push(&mut self, t: i64, x: u16, y: u16, p: u8) {
        self.t.push(t);
        self.x.push(x);
        self.y.push(y);
        self.p.push(p);
    }

    /// Of columns x, y, t, p.
    pub(super) fn of_columns([x, y, t, p]: [&[f64]; 4]) -> Said<CameraEvents> {
        let mut all = CameraEvents::with_room(t.len())?;
        for i in 0..t.len() {
            let place = |v: f64, what: &str| match v.fract() == 0.0 && (0.0..65_536.0).contains(&v) {
                true => Ok(v as u16),
                false => Err(format!(
                    "event {i}: `{what}` is {v}; places of pixels are whole numbers from 0 to 65535"
                )),
            };
            let polarity = match p[i] {
                1.0 => 1,
                0.0 | -1.0 => 0,
                other => return Err(format!("event {i}: `p` is {other}; polarities are 0 (or -1) and 1")),
            };
            if t[i].fract() != 0.0 {
                return Err(format!("event {i}: `t` is {}; times of a camera are whole us", t[i]));
            }
            all.push(t[i] as i64, place(x[i], "x")?, place(y[i], "y")?, polarity);
        }
        Ok(all)
    }

    /// Gives back room that was taken for more events.
    pub(super) fn shrink(&mut self) {
        if self.t.capacity() > self.t.len() + self.t.len() / 4 {
            self.t.shrink_to_fit();
            self.x.shrink_to_fit();
            self.y.shrink_to_fit();
            self.p.shrink_to_fit();
        }
    }

    /// Number of events.
    pub(super) fn len(&self) -> usize {
        self.t.len()
    }

    /// A spike of a neuron for each event: what pixels become is the caller's choice.
    pub(super) fn list(self, pixels: &Pixels, found: &mut Found) -> Said<SpikeList> {
        if pixels.pool == 0 {
            return Err("pixels are pooled 0 by 0; at least 1 is needed".into());
        }
        let (pool, split) = (pixels.pool, pixels.polarity == Polarity::Split);
        let inside = |i: &usize| {
            pixels.crop.is_none_or(|[x, y, w, h]| {
                self.x[*i] >= x && self.y[*i] >= y && self.x[*i] - x < w && self.y[*i] - y < h
            })
        };
        let origin = pixels.crop.map_or((0, 0), |[x, y, ..]| (x, y));
        let key = |i: usize| {
            let (x, y) = ((self.x[i] - origin.0) / pool, (self.y[i] - origin.1) / pool);
            u64::from(x) << 17 | u64::from(y) << 1 | u64::from(split && self.p[i] == 1)
        };
        let kept: Vec<usize> = match pixels.crop {
            Some(_) => (0..self.len()).filter(inside).collect(),
            None => Vec::new(),
        };
        let count = if pixels.crop.is_some() { kept.len() } else { self.len() };
        let at = |n: usize| if pixels.crop.is_some() { kept[n] } else { n };
        let keys: Vec<u64> = (0..count).map(|n| key(at(n))).collect();
        let mut fired = keys.clone();
        fired.sort_unstable();
        fired.dedup();
        if fired.len() > MOST_TRAINS {
            return Err(format!("has events of {} pixels; at most {MOST_TRAINS} are read", fired.len()));
        }
        let names = fired.iter().map(|k| {
            let (x, y, p) = (k >> 17, k >> 1 & 0xffff, k & 1);
            if split { format!("{x},{y},{p}") } else { format!("{x},{y}") }
        });
        let names = names.collect();
        let which = ranks(&keys, &fired);
        let values = (pixels.polarity == Polarity::Keep)
            .then(|| (0..count).map(|n| if self.p[at(n)] == 1 { 1.0 } else { -1.0 }).collect());
        let size = self.size.map_or(String::new(), |(w, h)| format!(" of {w} x {h} pixels"));
        let pooled = if pool > 1 { format!(", {pool} x {pool} pixels made one") } else { String::new() };
        let named = if split { "x,y,p" } else { "x,y" };
        found.say(format!(
            "{} events{size}, times in us; a neuron for each {named} that fired{pooled}",
            self.len()
        ));
        if count < self.len() {
            found
                .notes
                .push(format!("{} events lie outside of the crop and are left out", self.len() - count));
        }
        if !self.triggers.is_empty() {
            found.notes.push(format!(
                "{} signals from outside (triggers) are not events of pixels and are left out",
                self.triggers.len()
            ));
        }
        if self.without_time > 0 {
            found.notes.push(format!(
                "{} events stand before the file tells the time and are left out",
                self.without_time
            ));
        }
        let times = (0..count).map(|n| self.t[at(n)] as f64 / 1e6).collect();
        Ok(SpikeList { times, ids: Ids { which, names }, values, ..Default::default() })
    }
}

/// The place of each key among those that occur.
fn ranks(keys: &[u64], fired: &[u64]) -> Vec<u32> {
    let Some(last) = fired.last() else { return Vec::new() };
    let columns = (last >> 17) as usize + 1;
    let rows = fired.iter().map(|k| (k >> 1 & 0xffff) as usize).max().unwrap_or(0) + 1;
    let cells = columns * rows * 2;
    // A table of the sensor is faster than a search, where the sensor is not much larger than its events.
    if cells <= 16 * keys.len() + (1 << 16) {
        let cell = |k: u64| ((k >> 17) as usize * rows + (k >> 1 & 0xffff) as usize) * 2 + (k & 1) as usize;
        let mut table = vec![0_u32; cells];
        fired.iter().zip(0..).for_each(|(k, place)| table[cell(*k)] = place);
        return keys.iter().map(|k| table[cell(*k)]).collect();
    }
    keys.iter().map(|k| fired.partition_point(|f| f < k) as u32).collect()
}
