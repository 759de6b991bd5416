//! A model joins by one file and one line: the toy below is looked up, simulated, differentiated and listed, and all laws
//! hold for it, without another edit.

#[path = "toy/bouncer.rs"]
mod bouncer;

use bouncer::Bouncer;
use conformance::{LAWS, Subject};
use rheobase::{Catalog, Input, Population, Record, Spikes, Upstream};

/// The line.
fn catalog() -> Catalog {
    Catalog::standard().clone().with::<Bouncer>()
}

#[test]
fn it_is_listed_after_the_models_of_the_library() {
    let catalog = catalog();
    assert_eq!(catalog.models().len(), Catalog::standard().models().len() + 1);
    let model = catalog.get("bouncer").expect("listed");
    assert_eq!(model.info().class, catalog.get("Bouncer").expect("by class").info().class);
    assert_eq!(model.params()[0].name, "tau_m");
    assert!(Catalog::standard().get("bouncer").is_err());
    let typo = catalog.get("bouncr").err().map(|e| e.to_string()).unwrap_or_default();
    assert!(typo.contains("did you mean `bouncer`?"), "{typo}");
}

#[test]
fn it_is_simulated_and_differentiated() -> rheobase::Result<()> {
    let mut neurons =
        Population::<f32>::builder(catalog().get("bouncer")?, &[40]).set("tau_m", 0.01).build()?;
    let input = Input::Constant(&[1.5]);
    let (recording, tape) = neurons.run_taped(500, &input, &Record::spikes(Spikes::Dense).probe("v"))?;
    let spikes = recording.dense.iter().filter(|x| **x != 0.0).count();
    assert!((40..20_000).contains(&spikes), "{spikes}");

    let ones = vec![1.0; recording.dense.len()];
    let upstream = Upstream { output: Some(&ones[..]), states: Vec::new() };
    let gradients = neurons.gradients(&tape, &input, &upstream, &["tau_m", "v_reset"])?;
    assert!(gradients.input.iter().all(|g| g.is_finite()) && gradients.input.iter().any(|g| *g != 0.0));
    assert!(gradients.shared("tau_m").is_some_and(|g| g.is_finite() && g != 0.0));
    Ok(())
}

#[test]
fn every_law_holds_for_it() {
    let subject = Subject::of::<Bouncer>(&catalog()).expect("listed");
    for law in LAWS {
        if let Err(why) = (law.check)(&subject) {
            panic!("{}, but {why}", law.says);
        }
    }
}
