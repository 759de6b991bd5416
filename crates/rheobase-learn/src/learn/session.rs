//! `Session`: a network fed step by step, as samples arrive, with its state kept in between: `session.step(&x)` gives the answer.

use std::borrow::Borrow;

use rheobase_models::lanes::Level;

use rheobase_base::{Error, Result};
use rheobase_network::network::SampleInput;
use rheobase_network::network::{Context, Counts, Feed, Program, State, Tape, TileInput};

/// Some samples in a network, one step after the other. [`Trained::session`](super::Trained::session) makes one of a trained
/// network; `P` is the program, or what lends or owns it.
///
/// ```
/// # mod rheobase { pub use {rheobase_base::Error, rheobase_data as data, rheobase_learn::*, rheobase_network::*}; }
/// use rheobase::learn::Session;
/// use rheobase::network::{Sequential, linear, lower, neurons};
/// let network = Sequential::new([linear(3), neurons("leaky_integrator")]).input(&[2])?;
/// let program = lower(&network, 0)?;
/// let mut session = Session::new(&program, 1)?;
/// let first = session.step(&[1.0, 0.5])?;
/// let second = session.step(&[0.0, 0.0])?;
/// assert!(first.len() == 3 && first != second);
/// # Ok::<(), rheobase::Error>(())
/// ```
#[derive(Debug)]
pub struct Session<P> {
    program: P,
    state: State,
    tape: Tape,
    counts: Counts,
    samples: usize,
    ids: Vec<u64>,
    level: Level,
}

impl<P: Borrow<Program>> Session<P> {
    /// `samples` samples side by side in `program`, after a reset.
    ///
    /// # Errors
    /// No samples; `RHEOBASE_SIMD` that names no level.
    pub fn new(program: P, samples: usize) -> Result<Self> {
        if samples == 0 {
            return Err(Error::value("session", "samples", "0", "must be at least 1"));
        }
        let level = Level::from_env().map_err(|what| Error::unsupported("session", what))?;
        Ok(Session {
            state: program.borrow().start(samples),
            program,
            tape: Tape::default(),
            counts: Counts::default(),
            samples,
            ids: (0..samples as u64).collect(),
            level,
        })
    }

    /// One step: from what comes in, `[sample, feature]`, to what the network gives, `[sample, output]`.
    ///
    /// # Errors
    /// Input of the wrong length or not finite, which changes nothing; NaN that arises, after which only a reset helps.
    pub fn step(&mut self, input: &[f32]) -> Result<Vec<f32>> {
        self.check(input)?;
        let width = input.len() / self.samples;
        let row = |values: &[f32]| SampleInput::Dense { features: width.max(1), values: values.to_vec() };
        let samples: Vec<SampleInput> = input.chunks_exact(width.max(1)).map(row).collect();
        let fed = TileInput { samples: &samples, lengths: None, width, wanted: false };
        let context = Context {
            step: 0,
            sample_ids: &self.ids,
            epoch: 0,
            training: false,
            taping: false,
            level: self.level,
        };
        let program = self.program.borrow();
        let mut answer = Vec::new();
        let mut buffer = Vec::new();
        program.run(
            &context,
            &mut self.state,
            fed.steps(0..1),
            &mut self.tape,
            &mut self.counts,
            |_, signals| answer = signals[program.output()].dense(&mut buffer).to_vec(),
        )?;
        Ok(answer)
    }

    fn check(&self, input: &[f32]) -> Result<()> {
        let width: usize = self.program.borrow().input_shape().iter().product();
        if input.len() != self.samples * width {
            return Err(Error::shape(
                "session",
                "input",
                format!("{} numbers", input.len()),
                format!("[sample, feature] = [{}, {width}] is needed", self.samples),
            ));
        }
        match input.iter().position(|x| !x.is_finite()) {
            None => Ok(()),
            Some(i) => Err(Error::value(
                "session",
                format!("input[{}, {}]", i / width, i % width),
                input[i],
                "must be a finite number",
            )),
        }
    }

    /// Back to the start.
    pub fn reset(&mut self) {
        self.state = self.program.borrow().start(self.samples);
        self.counts = Counts::default();
    }

    /// What the network carries from step to step, to be kept and given back.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Goes on from a state of the same program and number of samples.
    ///
    /// # Errors
    /// A state of another number of samples or nodes.
    pub fn set_state(&mut self, state: State) -> Result<()> {
        let size = |s: &State| (s.samples(), s.memories().len());
        if size(&state) != size(&self.state) {
            return Err(Error::unsupported(
                "session",
                "the state is of another network or number of samples",
            ));
        }
        self.state = state;
        Ok(())
    }

    /// Spikes and operations since the reset.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The network.
    pub fn program(&self) -> &Program {
        self.program.borrow()
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase_network::network::{
        Layer, Network, Placeholder, Sequential, Stack, from, linear, lower, neurons,
    };

    fn recurrent() -> Result<Program> {
        let hidden = [linear(6), neurons("lif_subtract")];
        let network = Network::of([
            Layer::new("hidden", Stack([from("input"), Placeholder("hidden")]), hidden),
            Layer::new("readout", "hidden", [linear(3), neurons("leaky_integrator")]),
        ]);
        lower(&network.input(&[2])?, 0)
    }

    #[test]
    fn steps_give_what_a_whole_run_gives() -> Result<()> {
        let program = recurrent()?;
        let input: Vec<f32> = (0..40_u8).map(|i| f32::from(i % 7) - 2.0).collect();
        let context = Context {
            step: 0,
            sample_ids: &[0],
            epoch: 0,
            training: false,
            taping: false,
            level: Level::from_env().unwrap(),
        };
        let samples = [SampleInput::Dense { features: 2, values: input.clone() }];
        let fed = TileInput { samples: &samples, lengths: None, width: 2, wanted: false };
        let (mut state, mut whole, mut buffer) = (program.start(1), Vec::new(), Vec::new());
        program.run(
            &context,
            &mut state,
            fed.steps(0..20),
            &mut Tape::default(),
            &mut Counts::default(),
            |_, s| {
                whole.extend_from_slice(s[program.output()].dense(&mut buffer));
            },
        )?;
        let mut session = Session::new(&program, 1)?;
        let mut stepped = Vec::new();
        for x in input.chunks(2) {
            stepped.extend(session.step(x)?);
        }
        assert_eq!(stepped, whole);
        assert!(session.counts().spikes.iter().sum::<u64>() > 0, "the recurrent edge was not used");
        Ok(())
    }

    #[test]
    fn a_state_is_taken_and_given_back() -> Result<()> {
        let program = recurrent()?;
        let mut session = Session::new(&program, 2)?;
        session.step(&[3.0, 1.0, 0.5, 2.0])?;
        let kept = session.state().clone();
        let next = session.step(&[1.0; 4])?;
        session.set_state(kept.clone())?;
        assert_eq!(session.step(&[1.0; 4])?, next);
        session.reset();
        assert_eq!(session.state(), &program.start(2));
        assert!(Session::new(&program, 1)?.set_state(kept).is_err());
        let other = lower(&Sequential::new([linear(3)]).input(&[2])?, 0)?;
        assert!(session.set_state(other.start(2)).is_err());
        Ok(())
    }

    #[test]
    fn bad_input_says_why() -> Result<()> {
        let program = recurrent()?;
        assert!(Session::new(&program, 0).is_err());
        let mut session = Session::new(&program, 2)?;
        let before = session.state().clone();
        for (input, part) in
            [(&[1.0][..], "[2, 2] is needed"), (&[1.0, 1.0, f32::NAN, 1.0], "input[1, 0] = NaN")]
        {
            let error = session.step(input).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        assert_eq!(session.state(), &before);
        Ok(())
    }
}
