//! Every model of the catalogue against every law.

use conformance::{LAWS, exceptions, laws, subjects};

/// Puts every model to a law. Exceptions must really fail.
fn holds(name: &str) {
    let law = laws::law(name).expect("tests name laws of the list");
    let mut broken = Vec::new();
    for subject in subjects() {
        let model = subject.name();
        match ((law.check)(subject), exceptions::reason(name, model)) {
            (Ok(()), None) => {}
            (Err(why), Some(reason)) => println!("{model}: cannot hold, as {reason} ({why})"),
            (Err(why), None) => broken.push(format!("{model}: {why}")),
            (Ok(()), Some(reason)) => broken.push(format!("{model}: holds, although {reason}")),
        }
    }
    assert!(broken.is_empty(), "{}, but\n{}", law.says, broken.join("\n"));
}

macro_rules! laws {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            holds(stringify!($name));
        })*

        #[test]
        fn every_law_is_tested() {
            let names: Vec<&str> = LAWS.iter().map(|l| l.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

laws! {
    fires rest reset save alone columns chunks loops phases threads simd precision jacobian sweep order finite silence
}

#[test]
fn every_exception_names_a_law_and_a_model() {
    let model = |name: &str| subjects().iter().any(|s| s.name() == name);
    for e in exceptions::EXCEPTIONS {
        assert!(laws::law(e.law).is_some(), "no law {}", e.law);
        assert!(model(e.model), "no model {}", e.model);
        assert!(!e.reason.is_empty());
    }
    for (name, ..) in exceptions::ORDERS {
        assert!(model(name), "no model {name}");
    }
}
