//! Data sets: what is accepted, what is refused and how that is said, subsets.

use super::*;

fn fixed(values: Vec<f32>, labels: Vec<u32>) -> Result<Dataset> {
    Dataset::new("toy", [2], Inputs::Static(values), labels)
}

fn fault<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn samples_labels_and_names() {
    let data = fixed(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0], vec![2, 0, 2]).unwrap();
    assert_eq!((data.samples(), data.classes(), data.class_counts()), (3, 3, vec![1, 0, 2]));
    assert_eq!(data.sample(1), Some(SampleView::Static(&[2.0, 3.0])));
    assert_eq!((data.sample(3), data.longest(), data.class_name(1)), (None, None, "1".into()));
    let names = ["a", "b", "c", "d"].map(String::from).to_vec();
    let named = data.clone().with_class_names(names.clone()).unwrap();
    assert_eq!((named.classes(), named.class_name(1)), (4, "b".into()));
    assert!(fault(data.clone().with_class_names(names[..2].to_vec())).contains("labels[0] = 2"));
    assert!(fault(data.clone().with_class_names(vec!["a".into(); 3])).contains("class_names[1]"));
    assert!(fault(data.clone().with_classes(CLASSES_MAX + 1)).contains("65537"));
    assert!(fault(data.clone().with_feature_names(names)).contains("2 features"));
    assert!(data.require_labels().is_ok());
    assert!(fault(fixed(vec![0.0; 2], vec![]).unwrap().require_labels()).contains("labels"));
}

#[test]
fn faults_of_static_inputs() {
    assert!(fault(fixed(vec![], vec![])).contains("at least one sample"));
    assert!(fault(fixed(vec![0.0; 3], vec![])).contains("left over"));
    assert_eq!(fault(fixed(vec![0.0, 0.0, 0.0, f32::NAN], vec![])), "toy.inputs[1][1] = NaN: must be finite");
    assert!(fault(fixed(vec![f32::INFINITY, 0.0], vec![])).contains("inputs[0][0] = inf"));
    assert!(fault(fixed(vec![0.0; 4], vec![0])).contains("2 samples"));
    assert!(fault(fixed(vec![0.0; 4], vec![0, 65_536])).contains("labels[1] = 65536"));
    for shape in [&[][..], &[0], &[1, 1, 1, 2], &[usize::MAX, 2], &[1 << 32]] {
        let text = fault(Dataset::new("toy", shape, Inputs::Static(vec![0.0; 2]), vec![]));
        assert!(text.starts_with("toy.shape"), "{text}");
    }
}

#[test]
fn faults_of_series() {
    let make = |starts: Vec<usize>, values: Vec<f32>| {
        fault(Dataset::new("toy", [2], Inputs::Series { starts, values }, vec![]))
    };
    assert!(make(vec![], vec![]).contains("at least one sample"));
    assert!(make(vec![0], vec![]).contains("at least one sample"));
    assert!(make(vec![1, 2], vec![0.0; 4]).contains("starts[0] = 1"));
    assert!(make(vec![0, 1, 1], vec![0.0; 2]).contains("starts[2] = 1"));
    assert!(make(vec![0, 3, 1], vec![0.0; 2]).contains("starts[2] = 1"));
    assert!(make(vec![0, 2], vec![0.0; 3]).contains("2 steps of 2 features"));
    assert!(make(vec![0, usize::MAX], vec![0.0; 2]).contains("features are declared"));
    let mut values = vec![0.0; 8];
    values[7] = f32::NAN;
    assert!(make(vec![0, 1, 4], values).starts_with("toy.inputs[1][2][1] = NaN"));
}

fn events() -> EventInputs {
    EventInputs {
        lengths: vec![3, 2],
        starts: vec![0, 2, 3],
        step: vec![0, 2, 1],
        feature: vec![1, 0, 1],
        value: vec![1.0, -2.0, 1.0],
    }
}

#[test]
fn faults_of_events() {
    let make = |change: fn(&mut EventInputs)| {
        let mut e = events();
        change(&mut e);
        fault(Dataset::new("toy", [2], Inputs::Events(e), vec![]))
    };
    assert!(make(|e| e.lengths[1] = 0).contains("lengths[1] = 0"));
    assert!(make(|e| e.lengths.push(1)).contains("inputs.lengths: shape [3]"));
    assert!(make(|e| e.starts[2] = 4).contains("inputs.step"));
    assert!(make(|e| e.starts[2] = 1).contains("starts[2] = 1"));
    assert!(make(|e| e.value.truncate(2)).contains("inputs.value"));
    assert!(make(|e| e.step[1] = 3).contains("inputs[0].step[1] = 3: the sample has 3 steps"));
    assert!(make(|e| e.feature[2] = 2).contains("inputs[1].feature[0] = 2"));
    assert!(make(|e| (e.step[1], e.feature[1]) = (0, 1)).contains("inputs[0].event[1] = (0, 1)"));
    assert!(make(|e| e.value[2] = 0.0).contains("inputs[1].value[0] = 0"));
    assert!(make(|e| e.value[2] = f32::NAN).contains("inputs[1].value[0] = NaN"));
    assert!(make(|e| *e = EventInputs::default()).contains("at least one sample"));
}

#[test]
fn subsets_keep_samples_classes_and_names() {
    let fixed = fixed(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0], vec![2, 0, 1]).unwrap();
    let series = Inputs::Series { starts: vec![0, 1, 3, 4], values: (0..8).map(|i| i as f32).collect() };
    let series = Dataset::new("toy", [2], series, vec![2, 0, 1]).unwrap();
    let mut e = events();
    e.lengths.push(7);
    e.starts.push(3);
    let spikes = Dataset::new("toy", [2], Inputs::Events(e), vec![2, 0, 1]).unwrap();
    for data in [fixed, series, spikes] {
        let part = data.subset(&[2, 1, 1]).unwrap();
        assert_eq!((part.samples(), part.labels(), part.classes()), (3, &[1, 0, 0][..], 3));
        for (at, from) in [2, 1, 1].into_iter().enumerate() {
            assert_eq!(part.sample(at), data.sample(from));
        }
        // A part is as valid as the whole.
        let again = Dataset::new("toy", [2], part.inputs().clone(), part.labels().to_vec());
        assert!(again.is_ok());
        assert!(fault(data.subset(&[0, 3])).contains("subset[1] = 3: there are 3 samples"));
        assert!(fault(data.subset(&[])).contains("at least one sample"));
    }
}
