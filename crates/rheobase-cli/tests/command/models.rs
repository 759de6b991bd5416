//! `rheobase models`.

use crate::{all_models, json, ok, run_in};

#[test]
fn the_table_has_every_model_and_each_has_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let list = ok(folder.path(), &["models"]);
    for name in all_models() {
        assert!(list.lines().any(|l| l.starts_with(&format!("{name} "))), "{name}: {list}");
        let page = ok(folder.path(), &["models", &name]);
        let model = rheobase::Catalog::standard().get(&name).unwrap();
        for field in model.params().iter().chain(model.state()) {
            assert!(page.contains(field.name), "{name}.{}: {page}", field.name);
        }
        for equation in model.info().equations {
            assert!(page.contains(equation), "{name}: {equation}");
        }
    }
}

#[test]
fn json_says_what_the_catalogue_says() {
    let folder = tempfile::tempdir().unwrap();
    let list = json(folder.path(), &["models", "--json"]);
    assert_eq!(list.as_array().map(Vec::len), Some(all_models().len()));
    for name in all_models() {
        let page = json(folder.path(), &["models", &name, "--json"]);
        assert_eq!(page["name"], name.as_str());
        let model = rheobase::Catalog::standard().get(&name).unwrap();
        assert_eq!(page["parameters"].as_array().map(Vec::len), Some(model.params().len()));
    }
    let adex = json(folder.path(), &["models", "AdEx", "--json"]);
    let v_min = adex["parameters"].as_array().unwrap().iter().find(|p| p["name"] == "v_min").unwrap();
    assert_eq!(v_min["default"], "-inf");
    assert_eq!(adex["threshold"], "v_th");
    assert!(json(folder.path(), &["models", "lif", "--json"])["threshold"].is_null());
    assert_eq!(json(folder.path(), &["models", "slif", "--json"])["threshold"], "thr");
    let surrogates = json(folder.path(), &["models", "--surrogates", "--json"]);
    assert_eq!(surrogates.as_array().map(Vec::len), Some(rheobase::models::surrogate::SURROGATES.len()));
}

#[test]
fn surrogates_are_listed_with_their_formulas() {
    let folder = tempfile::tempdir().unwrap();
    let text = ok(folder.path(), &["models", "--surrogates"]);
    for s in &rheobase::models::surrogate::SURROGATES {
        assert!(text.contains(s.name) && text.contains(s.slope), "{}", s.name);
    }
}

#[test]
fn an_unknown_name_gets_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(folder.path(), &["models", "adexx"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.starts_with("error: ") && ran.err.contains("did you mean `adex`?"), "{}", ran.err);
    let ran = run_in(folder.path(), &["models", "perceptron"]);
    assert!(ran.err.contains("`rheobase models` lists them all"), "{}", ran.err);
}
