//! Learning: losses, regularisers, optimisers, schedules, clipping, stopping, checkpoints, settings, and a
//! batch's way through a network and back.
//!
//! ```
//! # mod rheobase { pub use {rheobase_base::Error, rheobase_data as data, rheobase_learn::*, rheobase_network::*}; }
//! use rheobase::data::{Dataset, Inputs};
//! use rheobase::learn::{Splits, TrainConfig, fit};
//! use rheobase::network::{Sequential, linear, neurons};
//! let (x, y) = ((0..80).map(|i| (i % 4) as f32).collect(), (0..40).map(|i| i % 2).collect());
//! let data = Dataset::new("mine", [2], Inputs::Static(x), y)?; // 40 samples of two features, and their classes
//! let network = Sequential::new([linear(2), neurons("leaky_integrator")]).input(&[2])?;
//! let mut settings = TrainConfig::digits();
//! settings.train.epochs = 2;
//! let job = fit(&network, Splits::of(data, None, None, &settings)?, &settings)?;
//! assert_eq!(job.history().len(), 2);
//! # Ok::<(), rheobase::Error>(())
//! ```
//!
//! Settings are plain data with pure functions over slices; the training loop is their only caller.
//!
//! | what | where |
//! |---|---|
//! | how wrong an output was, and the gradient of that | [`loss`] |
//! | rates and weights kept within bounds | [`regularise`] |
//! | gradient to update, moments, ranges | [`optimise`] |
//! | learning rate over time | [`schedule`] |
//! | gradients that are too long | [`clip`] |
//! | when to stop, and at which epoch the network was best | [`stopping`] |
//! | a whole job as a file | [`config`] |
//! | a job run, stopped, resumed | [`job`] |
//! | runs in folders: read, compared, planned | [`runs`] |
//! | a network trained on samples in hand | [`fit`](fit()) |
//! | layers that learn without labels, before the training or by themselves | [`stage`] |
//! | a job beside others on the same samples | [`Paired`] |
//! | a trained network on other samples | [`trained`] |
//! | a network of rates run as spikes | [`convert`] |
//! | a network step by step | [`session`] |
//! | a network as a function of whole sequences | [`Sequence`] |
//! | layers, input and labels that do nothing | [`warning`] |
//! | training state in a file | [`checkpoint`], [`tensor`], [`fingerprint`](mod@fingerprint) |
//!
//! Sums are `f64` in a fixed order and elementary functions are the library's own, so results have the same bits on
//! every machine. Settings come from files: every struct refuses unknown keys, `check` refuses values out of range.

mod augment;
pub mod batch;
mod check;
pub mod checkpoint;
pub mod clip;
pub mod config;
mod controls;
pub mod convert;
pub mod fingerprint;
mod fit;
mod front;
mod history;
pub mod job;
pub mod loss;
pub mod optimise;
mod paired;
mod power;
mod prepare;
mod readout;
pub mod regularise;
mod room;
pub mod runs;
pub mod schedule;
mod sequence;
pub mod session;
mod settled;
pub mod splits;
pub mod stage;
pub mod stopping;
mod tile;
pub mod trained;
pub mod trainer;
pub mod warning;

pub use batch::{Batch, Outcome, Pass, Workspaces};
pub use checkpoint::{Checkpoint, ExpectedTensor, Header, Protection};
pub use clip::Clip;
pub use config::{ControlConfig, Difference, SettingKey, StageConfig, StageInhibition, TrainConfig};
pub use convert::{
    Conversion, FittedLayer, FittedRates, LayerLoss, Moment, Presentation, ReluNetwork, Scaling, Weights,
};
pub use fingerprint::{fingerprint, fingerprint_of_data};
pub use fit::fit;
pub use history::{Epoch, Progressed};
pub use job::Job;
pub use loss::{CrossEntropy, Evaluated, Loss, LossKind, Readout, Score, Target};
pub use optimise::{Half, Moments, Optimiser, OptimiserKind, Update, project};
pub use paired::Paired;
pub use regularise::{RateBounds, RateOf, WeightPenalty};
pub use rheobase_signals::tensor::{self, Element, Tensor, TensorData};
pub use runs::{Comparison, Grid, RunRecord};
pub use schedule::{Progress, Schedule, ScheduleKind};
pub use sequence::{Keep, Sequence, SequenceGradients, Upstream};
pub use session::Session;
pub use splits::{Splits, splits};
pub use stage::{Feedback, Stage, StageEpoch, StageProgress, StageRun};
pub use stopping::{EarlyStopping, Verdict};
pub use trained::{Samples, Trained};
pub use trainer::{Rule, Trainer};
pub use warning::{Activity, Warning};
