//! Bad input to the engine: errors with place and rule, never a panic, and NaN found where it arose.

use proptest::prelude::*;
use rheobase::compete::{Competition, Ranking, Scope};
use rheobase::models::Surrogate;
use rheobase::models::neuron::{BackwardReads, Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time};
use rheobase::models::rate::NoRate;
use rheobase::models::real::Real;
use rheobase::population::{Builder, Model, Number, Values};
use rheobase::{Catalog, Error, Initial, Input, Population, Record, Spikes, Upstream};

/// Numbers that break things, and ordinary ones.
fn number() -> impl Strategy<Value = f64> {
    let special = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        1e-3,
        0.02,
        1e-320,
        1e300,
        -1e300,
        f64::MAX,
        f64::MIN_POSITIVE,
        f64::EPSILON,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    prop_oneof![
        3 => proptest::sample::select(special.to_vec()),
        2 => -100.0..100.0f64,
        1 => any::<u64>().prop_map(f64::from_bits),
    ]
}

/// Ordinary numbers.
fn tame() -> impl Strategy<Value = f64> {
    -5.0..5.0f64
}

/// Lengths of dimensions, of which some multiply beyond all memory.
fn length() -> impl Strategy<Value = usize> {
    proptest::sample::select(vec![0, 1, 1, 2, 3, 5, 17, 1 << 20, 1 << 33, usize::MAX / 2, usize::MAX])
}

/// A description of a population, right or wrong.
#[derive(Debug, Clone)]
struct Description {
    model: usize,
    shape: Vec<usize>,
    batch: usize,
    dt: Option<f64>,
    params: Vec<(usize, Given)>,
    initial: Vec<(usize, Given)>,
    competition: Option<(usize, usize, u32, f64)>,
    lateral: Option<Vec<f64>>,
    threads: Option<usize>,
    clocks: bool,
}

/// How a number was given, or a name that nobody knows.
#[derive(Debug, Clone)]
enum Given {
    Shared(f64),
    Each(Vec<f64>),
    Uniform(f64, f64),
    Misnamed(f64),
}

fn given(number: impl Strategy<Value = f64> + Clone + 'static) -> impl Strategy<Value = Given> {
    prop_oneof![
        6 => number.clone().prop_map(Given::Shared),
        2 => proptest::collection::vec(number.clone(), 0..6).prop_map(Given::Each),
        2 => (number.clone(), number.clone()).prop_map(|(a, b)| Given::Uniform(a, b)),
        1 => number.prop_map(Given::Misnamed),
    ]
}

/// Descriptions of which most are wrong.
fn wild() -> impl Strategy<Value = Description> {
    let number = number().boxed();
    let competition = (length(), length(), any::<u32>(), number.clone());
    (
        (any::<usize>(), proptest::collection::vec(length(), 0..4), length()),
        proptest::option::of(number.clone()),
        proptest::collection::vec((any::<usize>(), given(number.clone())), 0..4),
        proptest::collection::vec((any::<usize>(), given(number.clone())), 0..3),
        proptest::option::of(competition),
        proptest::option::of(proptest::collection::vec(number, 0..10)),
        proptest::option::of(prop_oneof![Just(0), Just(1), Just(2), Just(usize::MAX)]),
        any::<bool>(),
    )
        .prop_map(
            |((model, shape, batch), dt, params, initial, competition, lateral, threads, clocks)| {
                Description {
                    model,
                    shape,
                    batch,
                    dt,
                    params,
                    initial,
                    competition,
                    lateral,
                    threads,
                    clocks,
                }
            },
        )
}

/// Descriptions whose sizes are right, so that most can be built and run.
fn sized() -> impl Strategy<Value = Description> {
    let number = prop_oneof![4 => tame(), 1 => number()].boxed();
    let competition = (1..5usize, length(), any::<u32>(), number.clone());
    (
        (any::<usize>(), 1..20usize, 1..3usize),
        proptest::option::weighted(0.2, number.clone()),
        proptest::collection::vec((any::<usize>(), given(number.clone())), 0..2),
        proptest::collection::vec((any::<usize>(), given(number)), 0..2),
        proptest::option::of(competition),
        any::<bool>(),
    )
        .prop_map(|((model, neurons, batch), dt, params, initial, competition, clocks)| Description {
            model,
            shape: vec![neurons],
            batch,
            dt,
            params,
            initial,
            competition,
            lateral: None,
            threads: Some(1),
            clocks,
        })
}

fn builder<E: Number>(d: &Description) -> Builder<E> {
    let models = Catalog::standard().models();
    let model = models[d.model % models.len()].clone();
    let name = |fields: &'static [rheobase::models::record::Field], i: usize| {
        fields.get(i % fields.len().max(1)).map_or("none", |f| f.name)
    };
    let mut builder = Population::builder(model.clone(), &d.shape).batch(d.batch).clocks(d.clocks);
    if let Some(dt) = d.dt {
        builder = builder.dt(dt);
    }
    for (i, given) in &d.params {
        let field = name(model.params(), *i);
        builder = match given {
            Given::Shared(x) => builder.set(field, *x),
            Given::Each(xs) => builder.set(field, xs),
            Given::Uniform(low, high) => {
                builder.set(field, Values::Uniform { low: *low, high: *high, seed: 1 })
            }
            Given::Misnamed(x) => builder.set("no such thing", *x),
        };
    }
    for (i, given) in &d.initial {
        let field = name(model.state(), *i);
        builder = match given {
            Given::Shared(x) => builder.initial(field, Initial::Value(*x)),
            Given::Each(xs) => builder.initial(field, Initial::Each(xs.clone())),
            Given::Uniform(low, high) => {
                builder.initial(field, Initial::Uniform { low: *low, high: *high, seed: 1 })
            }
            Given::Misnamed(x) => builder.initial("no such thing", Initial::Value(*x)),
        };
    }
    if let Some((k, radius, silence, spike)) = d.competition {
        let ranking = match silence % 2 {
            0 => Ranking::Exact,
            _ => Ranking::Published { spike: spike as f32, signed: silence % 3 == 0 },
        };
        builder = builder.competition(Competition { k, radius, scope: Scope::Location, silence, ranking });
    }
    if let Some(lateral) = &d.lateral {
        builder = builder.lateral(lateral);
    }
    if let Some(threads) = d.threads {
        builder = builder.threads(threads);
    }
    builder
}

/// Runs a population and goes back through the run: whatever comes out, NaN is not among it.
fn exercise<E: Number>(d: &Description, input: &[f64], form: usize) -> Result<(), TestCaseError> {
    let Ok(mut neurons) = builder::<E>(d).build() else { return Ok(()) };
    let row = neurons.batch() * neurons.neurons();
    let input: Vec<E> = input.iter().map(|x| E::from_f64(*x)).collect();
    let steps = input.len() / row;
    let exact = Input::Array(&input[..steps * row]);
    let form = [Spikes::None, Spikes::Bits, Spikes::Dense, Spikes::Events][form % 4];
    let before = neurons.state().clone();
    let (recording, tape) = match neurons.run_taped(steps, &exact, &Record::spikes(form)) {
        Ok(done) => done,
        Err(e) => {
            prop_assert!(!e.to_string().is_empty());
            prop_assert!(*neurons.state() == before, "a failed run changed the state: {e}");
            return Ok(());
        }
    };
    prop_assert!(recording.dense().iter().all(|x| !x.to_f64().is_nan()));
    prop_assert!(neurons.state().fields.iter().flatten().all(|x| !x.to_f64().is_nan()));
    let loss = vec![E::one(); steps * row];
    let upstream = Upstream { output: Some(&loss), states: Vec::new() };
    let gradients = neurons.gradients(&tape, &exact, &upstream, &[]);
    prop_assert!(gradients.is_ok());
    // Arrays that do not fit, and names that nobody knows.
    prop_assert!(neurons.gradients(&tape, &Input::Array(&[]), &upstream, &[]).is_err() || steps == 0);
    prop_assert!(neurons.gradients(&tape, &exact, &upstream, &["no such thing"]).is_err());
    prop_assert!(neurons.run(usize::MAX, &exact, &Record::default()).is_err());
    prop_assert!(neurons.run(1, &Input::Constant(&[]), &Record::default()).is_err());
    let probe = Record::default().probe("no such thing");
    prop_assert!(neurons.run(1, &Input::Constant(&[E::zero()]), &probe).is_err());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn building_never_panics(d in wild()) {
        // Errors say something; what is right is not too large to be built.
        if let Err(e) = builder::<f32>(&d).build() {
            prop_assert!(!e.to_string().is_empty());
        }
    }

    #[test]
    fn running_never_panics_and_never_hands_on_nan(
        d in sized(),
        input in proptest::collection::vec(prop_oneof![9 => tame(), 1 => number()], 0..200),
        wide in any::<bool>(),
        form in any::<usize>(),
    ) {
        if wide {
            exercise::<f64>(&d, &input, form)?;
        } else {
            exercise::<f32>(&d, &input, form)?;
        }
    }

    #[test]
    fn nan_is_reported_where_it_arose_first(
        neurons in proptest::sample::select(vec![1usize, 5, 40, 1500]),
        batch in 1..3usize,
        places in proptest::collection::vec((0..600u64, any::<usize>(), any::<usize>()), 1..4),
        coupled in any::<bool>(),
        in_output in any::<bool>(),
    ) {
        let places: Vec<_> = places.iter().map(|(t, b, n)| (*t, b % batch, n % neurons)).collect();
        let trigger = if in_output { -200.0 } else { 200.0 };
        let make = |t: u64, sample: usize, first: usize, to: &mut [f32]| {
            for (i, x) in to.iter_mut().enumerate() {
                *x = if places.contains(&(t, sample, first + i)) { trigger } else { 1.0 };
            }
        };
        let catalog = Catalog::standard().clone().with::<Fragile>();
        let builder = Population::<f32>::builder(catalog.get("fragile").expect("listed"), &[neurons]);
        let mut population = builder.batch(batch).clocks(coupled).threads(2).build().expect("all is right");
        let before = population.state().clone();
        let run = population.run(600, &Input::Generated(&make), &Record::spikes(Spikes::Dense));
        let (step, sample, neuron) = *places.iter().min().expect("at least one");
        let want = Error::NotANumber {
            place: "fragile".into(),
            field: if in_output { "output" } else { "v" }.into(),
            step: step as usize,
            batch: sample,
            neuron,
        };
        prop_assert_eq!(run.err(), Some(want));
        prop_assert!(*population.state() == before);
    }
}

#[test]
fn errors_name_place_field_value_and_rule() {
    let lif = || Catalog::standard().get("lif").expect("listed");
    let message = |builder: Builder<f32>| builder.build().err().map(|e| e.to_string()).unwrap_or_default();
    let one = || Population::<f32>::builder(lif(), &[3]);
    for (builder, parts) in [
        (one().set("tau_m", &[0.02, 0.02, -2.0]), &["lif.tau_m[2]", "-2 s", "must be > 0"][..]),
        (one().set("tau_n", 1.0), &["unknown parameter `tau_n`", "did you mean `tau_m`?"]),
        (one().set("tau_m", &[0.02]), &["lif.tau_m", "[1]", "each of the 3 neurons"]),
        (one().dt(f64::NAN), &["lif.dt = NaN", "must be > 0"]),
        (one().initial("v", Initial::Value(1e300)), &["initial v", "1e300", "float32"]),
        (one().batch(usize::MAX), &["lif.batch", "less than 2^32"]),
        (one().batch(1 << 31), &["lif.batch", "batch × neurons"]),
        (one().lateral(&[1.0; 8]), &["lif.lateral", "[3, 3]"]),
        (Population::builder(lif(), &[1 << 40, 1 << 40, 1]), &["lif.shape", "less than 2^32"]),
        (
            one().surrogate(Surrogate::FastSigmoid(f64::NAN)),
            &["lif.surrogate fast_sigmoid.k = NaN", "must be > 0 and finite"],
        ),
        (one().surrogate(Surrogate::MultiGaussian(0.5, 0.1, 0.0)), &["multi_gaussian.s = 0", "must be > 0"]),
    ] {
        let text = message(builder);
        for part in parts {
            assert!(text.contains(part), "`{part}` is not in `{text}`");
        }
    }
}

#[test]
fn a_lower_bound_above_rest_is_refused_wherever_there_are_both() {
    let has = |m: &dyn Model, name: &str| m.params().iter().any(|f| f.name == name);
    let models = Catalog::standard().models().iter().filter(|m| has(&***m, "v_rest") && has(&***m, "v_min"));
    assert!(models.clone().count() > 8);
    for model in models {
        let set = |v_min: f64| {
            Population::<f32>::builder(model.clone(), &[2])
                .set("v_rest", -60.0)
                .set("v_min", v_min)
                .build()
                .map(drop)
        };
        assert!(set(-60.0).is_ok() && set(f64::NEG_INFINITY).is_ok());
        let text = set(-59.5).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(
            text.contains("v_min must be ≤ v_rest, but -59.5 is above -60"),
            "{}: {text}",
            model.info().name
        );
    }
}

#[test]
fn more_neurons_than_memory_holds_are_an_error() {
    let neurons = u32::MAX as usize;
    // Where this much memory is free, the population would really be made.
    if rheobase::memory::available().is_none_or(|free| free > 2e11) {
        return;
    }
    for builder in [
        Population::<f64>::builder(Catalog::standard().get("adex").expect("listed"), &[neurons]),
        Population::<f64>::builder(Catalog::standard().get("adex").expect("listed"), &[1]).batch(neurons),
    ] {
        let text = builder.build().err().map(|e| e.to_string()).unwrap_or_default();
        assert!(text.contains("of memory, but") && text.contains("take fewer neurons"), "{text}");
    }
}

#[test]
fn a_tape_of_another_layer_is_refused() {
    let build =
        |n: usize| Population::<f32>::builder(Catalog::standard().get("lif").expect("listed"), &[n]).build();
    let (mut small, large) = (build(3).expect("right"), build(4).expect("right"));
    let input = Input::Constant(&[1.0]);
    let (_, tape) = small.run_taped(5, &input, &Record::default()).expect("right");
    let error = large.gradients(&tape, &input, &Upstream::default(), &[]).err();
    assert!(error.is_some_and(|e| e.to_string().contains("same model, batch and layer")));
}

rheobase::models::record! {
    /// Parameters.
    pub struct One {
        /// Not used.
        nothing: "1" = 0.0;
    }
}
rheobase::models::record! {
    /// State.
    pub struct State {
        /// Sum of the input.
        v: "1" = 0.0;
    }
}

/// A model that breaks under strong input: its state above 100, its output below −100.
struct Fragile;

impl Neuron for Fragile {
    const INFO: Info = Info {
        name: "fragile",
        class: "Fragile",
        summary: "breaks under strong input",
        family: "test",
        equations: &[],
        references: &[],
        potential: Some("v"),
        firing: Firing::Never,
        emits: Emits::Analogue,
        takes: Takes::Current,
        time: Time::Seconds,
        layer_sum: None,
        backward_reads: BackwardReads::StateAndInput,
        surrogate: Surrogate::StraightThrough,
        input_unit: "1",
        input_range: [-100.0, 100.0],
        example_input: 1.0,
    };
    type Params<T: Real> = One<T>;
    type Coeffs<T: Real> = One<T>;
    type State<T: Real> = State<T>;
    type Rate = NoRate;

    #[inline(always)]
    fn prepare<T: Real>(p: &One<T>, _: T) -> One<T> {
        *p
    }
    #[inline(always)]
    fn rest<T: Real>(_: &One<T>) -> State<T> {
        State { v: T::zero() }
    }
    #[inline(always)]
    fn integrate<T: Real>(_: &One<T>, s: State<T>, x: T, _: T::Mask) -> State<T> {
        let broken = T::splat(f64::NAN);
        State { v: T::select(x.gt(T::splat(100.0)), broken, s.v + x * T::splat(1e-3)) }
    }
    #[inline(always)]
    fn drive<T: Real>(_: &One<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v)
    }
    #[inline(always)]
    fn emit<T: Real>(_: &One<T>, s: State<T>, x: T, _: Fired<T>) -> (State<T>, Out<T>) {
        (s, Out::value(T::select(x.lt(T::splat(-100.0)), T::splat(f64::NAN), s.v)))
    }
}
