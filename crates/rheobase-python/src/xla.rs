//! Networks as functions of sequences for XLA's foreign-function interface, which JAX calls: no Python in between.
//!
//! The interface is plain structs of C (`xla/ffi/api/c_api.h`, version 0.x): a call frame with arguments, results and attributes.
//! A handler is first asked which version it was made for, then called at several stages; only the last one computes.
//! This is the one module outside `lanes/x86/` with `unsafe`: every pointer in it comes from the runtime, which keeps what it points
//! to alive during the call.

#![allow(unsafe_code)]

use std::collections::{HashMap, VecDeque};
use std::ffi::{CString, c_char, c_int, c_void};
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use rheobase::learn::{Keep, Sequence, Upstream};
use rheobase::network::Network;
use rheobase::{Error, Result};

use crate::error::TEXT;

const METADATA: c_int = 1;
const EXECUTE: c_int = 3;
const STRING: c_int = 4;
const FLOAT32: c_int = 11;
const INVALID_ARGUMENT: c_int = 3;

#[repr(C)]
struct Extension {
    struct_size: usize,
    kind: c_int,
    next: *mut Extension,
}

#[repr(C)]
struct Version {
    struct_size: usize,
    extension: *mut Extension,
    major: c_int,
    minor: c_int,
}

/// As much of it as is written.
#[repr(C)]
struct Metadata {
    struct_size: usize,
    version: Version,
    traits: u32,
}

#[repr(C)]
struct MetadataExtension {
    base: Extension,
    metadata: *mut Metadata,
}

#[repr(C)]
struct Buffer {
    struct_size: usize,
    extension: *mut Extension,
    dtype: c_int,
    data: *mut f32,
    rank: i64,
    dims: *const i64,
}

/// Arguments and results alike.
#[repr(C)]
struct Buffers {
    struct_size: usize,
    extension: *mut Extension,
    size: i64,
    types: *const c_int,
    buffers: *const *const Buffer,
}

#[repr(C)]
struct Span {
    start: *const u8,
    length: usize,
}

#[repr(C)]
struct Attributes {
    struct_size: usize,
    extension: *mut Extension,
    size: i64,
    types: *const c_int,
    names: *const *const Span,
    values: *const *const c_void,
}

#[repr(C)]
struct ErrorText {
    struct_size: usize,
    extension: *mut Extension,
    message: *const c_char,
    code: c_int,
}

/// As much of it as is called.
#[repr(C)]
struct Api {
    struct_size: usize,
    extension: *mut Extension,
    version: Version,
    internal: *const c_void,
    error_create: extern "C" fn(*mut ErrorText) -> *mut c_void,
}

/// A call: of its future, which comes last, nothing is used.
#[repr(C)]
pub(crate) struct CallFrame {
    struct_size: usize,
    extension: *mut Extension,
    api: *const Api,
    context: *mut c_void,
    stage: c_int,
    arguments: Buffers,
    results: Buffers,
    attributes: Attributes,
}

/// Functions that nobody is using, by the text of their network.
static IDLE: Mutex<Option<HashMap<String, Vec<Sequence>>>> = Mutex::new(None);

/// Addresses of the handlers: of the run, and of the backward pass.
#[pyfunction]
pub(crate) fn xla_handlers() -> (usize, usize) {
    let [run, back]: [extern "C" fn(*mut CallFrame) -> *mut c_void; 2] = [run, back];
    (run as usize, back as usize)
}

/// Functions whose tapes wait for the backward pass, oldest first, by their tickets.
static WAITING: Mutex<VecDeque<(u64, String, Sequence)>> = Mutex::new(VecDeque::new());

/// Runs whose tapes are kept, over all networks; the backward pass of an earlier one runs its steps again.
const MOST_WAITING: usize = 8;

/// Bits of a ticket in each of its two numbers, which hold them exactly.
const HALF: u32 = 24;

/// Input, state, parameters; attribute `network`: output, state after the last step. With an attribute `keep` a ticket too, which
/// the backward pass shows for the tapes: those of `parameters`, or of the `input` as well; `tapes` says how many bytes of them.
extern "C" fn run(frame: *mut CallFrame) -> *mut c_void {
    answer(frame, |call| {
        let [x, state, parameters @ ..] = &call.arguments[..] else { return Err(call.unlike()) };
        let (output, after, ticket) = match (&call.results[..], call.keep) {
            ([output, after], None) => (output, after, None),
            ([output, after, ticket], Some(keep)) => (output, after, Some((ticket, keep == "input"))),
            _ => return Err(call.unlike()),
        };
        for entry in 0..output.entries(3) {
            let lead = output.lead(3);
            let parameters: Vec<&[f32]> = parameters.iter().map(|p| p.entry(1, lead, entry)).collect();
            let (given, state) = (x.entry(3, lead, entry), state.entry(2, lead, entry));
            let (out, after) = (output.own_entry(3, entry), after.own_entry(2, entry));
            let mut function = take(call.network)?;
            function.set_parameters(&parameters)?;
            let keep = ticket.map(|(_, of_input)| Keep { of_input, bytes: call.tapes });
            function.run(given, x.size(), state, out, after, keep)?;
            match ticket {
                None => give_back(call.network, function),
                Some((ticket, _)) => {
                    ticket.own_entry(1, entry).copy_from_slice(&let_wait(call.network, function));
                }
            }
        }
        Ok(())
    })
}

/// Input, state, dL/d output, dL/d state, ticket, parameters: dL/d input (empty if not wanted), dL/d state, dL/d parameters.
extern "C" fn back(frame: *mut CallFrame) -> *mut c_void {
    answer(frame, |call| {
        let [x, state, of_output, of_state, ticket, parameters @ ..] = &call.arguments[..] else {
            return Err(call.unlike());
        };
        let [input, before, learned @ ..] = &call.results[..] else { return Err(call.unlike()) };
        for entry in 0..before.entries(2) {
            let lead = before.lead(2);
            let values: Vec<&[f32]> = parameters.iter().map(|p| p.entry(1, lead, entry)).collect();
            let (given, state) = (x.entry(3, lead, entry), state.entry(2, lead, entry));
            let upstream = Upstream {
                output: Some(of_output.entry(3, lead, entry)),
                state: Some(of_state.entry(2, lead, entry)),
            };
            let wanted = input.length(3) > 0;
            let waited = take_waiting(ticket.entry(1, lead, entry));
            let last = waited.is_some();
            let mut function = waited.map_or_else(|| take(call.network), Ok)?;
            function.set_parameters(&values)?;
            let found = function.back(given, x.size(), state, &upstream, wanted, last)?;
            give_back(call.network, function);
            let input = input.own_entry(3, entry);
            input.copy_from_slice(&found.input[..input.len()]);
            before.own_entry(2, entry).copy_from_slice(&found.state);
            for (to, from) in learned.iter().zip(&found.parameters) {
                to.own_entry(1, entry).copy_from_slice(from);
            }
        }
        Ok(())
    })
}

/// The network as a function, for one caller alone until it is given back.
fn take(network: &str) -> Result<Sequence> {
    let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    match idle.get_or_insert_default().get_mut(network).and_then(Vec::pop) {
        Some(function) => Ok(function),
        None => Sequence::new(&Network::from_toml(network, TEXT)?, 0),
    }
}

fn give_back(network: &str, function: Sequence) {
    let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    idle.get_or_insert_default().entry(network.to_string()).or_default().push(function);
}

/// Puts a function that keeps its tapes aside, and gives the ticket for it.
fn let_wait(network: &str, function: Sequence) -> [f32; 2] {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.push_back((number, network.to_string(), function));
    let oldest = if waiting.len() > MOST_WAITING { waiting.pop_front() } else { None };
    drop(waiting);
    if let Some((_, network, function)) = oldest {
        function.forget();
        give_back(&network, function);
    }
    [number >> HALF, number & ((1 << HALF) - 1)].map(|half| half as f32)
}

/// The function with this ticket, if it waits still.
fn take_waiting(ticket: &[f32]) -> Option<Sequence> {
    let [high, low] = ticket else { return None };
    let number = (*high as u64) << HALF | *low as u64;
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    let at = waiting.iter().position(|(other, ..)| *other == number)?;
    waiting.remove(at).map(|(.., function)| function)
}

/// Numbers of the runtime.
struct Array {
    dims: Vec<usize>,
    data: *mut f32,
}

impl Array {
    /// Steps and samples of an input.
    fn size(&self) -> (usize, usize) {
        let own = &self.dims[self.dims.len() - 3..];
        (own[0], own[1])
    }

    /// The axes that mapping over a function has put before its `own`.
    fn lead(&self, own: usize) -> &[usize] {
        &self.dims[..self.dims.len().saturating_sub(own)]
    }

    fn entries(&self, own: usize) -> usize {
        self.lead(own).iter().product()
    }

    fn length(&self, own: usize) -> usize {
        self.dims[self.dims.len().saturating_sub(own)..].iter().product()
    }

    /// The numbers of entry `entry` of the axes `lead` that stand before a result's own; an axis of length 1 serves all.
    fn entry(&self, own: usize, lead: &[usize], entry: usize) -> &[f32] {
        let (mut rest, mut at, mut stride) = (entry, 0, 1);
        for (mine, all) in self.lead(own).iter().zip(lead).rev() {
            if *mine > 1 {
                at += rest % all * stride;
            }
            rest /= all;
            stride *= mine;
        }
        let length = self.length(own);
        if length == 0 {
            return &[];
        }
        // SAFETY: an argument of the runtime, of these dimensions, alive during the call; nothing writes to it.
        unsafe { slice::from_raw_parts(self.data.add(at * length), length) }
    }

    /// The place of entry `entry` of a result.
    #[expect(clippy::mut_from_ref, reason = "the memory is the runtime's; every entry is asked for once")]
    fn own_entry(&self, own: usize, entry: usize) -> &mut [f32] {
        let length = self.length(own);
        if length == 0 {
            return &mut [];
        }
        // SAFETY: a result of the runtime, of these dimensions, alive during the call; nobody else has this entry.
        unsafe { slice::from_raw_parts_mut(self.data.add(entry * length), length) }
    }
}

/// What a call is about.
struct Call<'a> {
    arguments: Vec<Array>,
    results: Vec<Array>,
    network: &'a str,
    keep: Option<&'a str>,
    /// Bytes of tapes that may wait.
    tapes: usize,
}

impl Call<'_> {
    fn unlike(&self) -> Error {
        Error::unsupported(
            "xla",
            format!(
                "{} arguments and {} results are not a call of ours",
                self.arguments.len(),
                self.results.len()
            ),
        )
    }
}

/// Answers a call of the runtime: its question for the version, or the work at the stage that computes.
fn answer(frame: *mut CallFrame, work: impl FnOnce(&Call<'_>) -> Result<()>) -> *mut c_void {
    // SAFETY: the runtime's call frame, alive during the call.
    let frame = unsafe { &*frame };
    if !frame.extension.is_null() {
        // SAFETY: the kind says which struct stands there.
        unsafe {
            if (*frame.extension).kind == METADATA {
                let metadata = (*frame.extension.cast::<MetadataExtension>()).metadata;
                (*metadata).version.major = 0;
                (*metadata).version.minor = if frame.api.is_null() { 0 } else { (*frame.api).version.minor };
                (*metadata).traits = 0;
                return std::ptr::null_mut();
            }
        }
    }
    if frame.stage != EXECUTE {
        return std::ptr::null_mut();
    }
    let done = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as above.
        let call = unsafe { read(frame) }?;
        work(&call)
    }));
    let message = match done {
        Ok(Ok(())) => return std::ptr::null_mut(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "rheobase: an internal error; please report it".into(),
    };
    let text = CString::new(message.replace('\0', " ")).unwrap_or_default();
    let mut error = ErrorText {
        struct_size: offset_of!(ErrorText, code) + size_of::<c_int>(),
        extension: std::ptr::null_mut(),
        message: text.as_ptr(),
        code: INVALID_ARGUMENT,
    };
    // SAFETY: the runtime's own function, which copies the message.
    unsafe { ((*frame.api).error_create)(&mut error) }
}

/// Reads what stands in a call frame.
///
/// # Safety
/// The frame must be the runtime's, within its call.
unsafe fn read(frame: &CallFrame) -> Result<Call<'_>> {
    let refused = |what: &str| Error::unsupported("xla", what);
    let arrays = |list: &Buffers| -> Result<Vec<Array>> {
        // SAFETY: as many pointers as the frame says, each to a buffer with as many dimensions as that says.
        (0..list.size as usize)
            .map(|i| unsafe {
                let buffer = &**list.buffers.add(i);
                if buffer.dtype != FLOAT32 {
                    return Err(refused("arrays of float32 are needed"));
                }
                let dims = (0..buffer.rank as usize).map(|d| *buffer.dims.add(d) as usize).collect();
                Ok(Array { dims, data: buffer.data })
            })
            .collect()
    };
    let (mut network, mut keep, mut tapes) = (None, None, None);
    for i in 0..frame.attributes.size as usize {
        // SAFETY: as many names, types and values as the frame says; a string is a span.
        unsafe {
            let name = &**frame.attributes.names.add(i);
            if *frame.attributes.types.add(i) != STRING {
                continue;
            }
            let text = &*(*frame.attributes.values.add(i)).cast::<Span>();
            let text = || std::str::from_utf8(slice::from_raw_parts(text.start, text.length)).ok();
            match slice::from_raw_parts(name.start, name.length) {
                b"network" => network = text(),
                b"keep" => keep = text(),
                b"tapes" => tapes = text().and_then(|text| text.parse().ok()),
                _ => {}
            }
        }
    }
    let network = network.ok_or_else(|| refused("the attribute `network` is missing"))?;
    let (arguments, results) = (arrays(&frame.arguments)?, arrays(&frame.results)?);
    let tapes = tapes.unwrap_or(Keep::default().bytes);
    Ok(Call { arguments, results, network, keep, tapes })
}
