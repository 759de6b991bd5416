//! The page for those who come from another library: classes, parameters, states and settings from the tables that the
//! replays read, and where the originals surprise.

use rheobase::verify::originals::{Original, originals};

use super::markdown::{plain, table};

/// The page.
pub(super) fn page() -> String {
    let mut out = String::from(
        "# Coming from another library\n\nPages with code side by side, and what bites: [Brian2](coming-from/brian2.md), \
         [Nengo and NengoDL](coming-from/nengo.md), [nengo-extras](coming-from/nengo-extras.md), [NEST](coming-from/nest.md), \
         [ngc-learn](coming-from/ngc-learn.md), [Norse](coming-from/norse.md), [rnnbuilder](coming-from/rnnbuilder.md), \
         [snnTorch](coming-from/snntorch.md), [SpikingJelly](coming-from/spikingjelly.md), [SpykeTorch](coming-from/spyketorch.md).\n\n\
         These are the tables that `rheobase verify` reads when it replays \
         runs of these libraries: what it does with them is what stands here. A parameter applies to the models that have it.\n\n\
         Verdicts: **kept**, the published behaviour is ours; **clean here, reproduced in replays**, the library has the clean \
         behaviour and the replay of a trace the published one; **both**, the intended behaviour is the default and the published \
         one is reachable by ordinary parameters or is a model of its own; **intended only**.\n",
    );
    for original in originals() {
        out += &section(&original);
    }
    out
}

fn section(o: &Original) -> String {
    let code = |name: &str| format!("`{name}`");
    let classes =
        o.classes.iter().map(|(theirs, ours)| vec![code(theirs), format!("[`{ours}`](models/{ours}.md)")]);
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| vec![code(a), code(b)]).collect();
    let settings = o.settings.iter().map(|(theirs, ours)| vec![(*theirs).to_string(), (*ours).to_string()]);
    let quirk = |q: &rheobase::verify::quirks::Quirk| {
        vec![q.id.to_string(), plain(q.theirs), plain(q.here), q.verdict.name().to_string()]
    };
    let [classes, settings, quirks] = [
        table(&["class", "model"], classes.collect()),
        table(&["there", "here"], settings.collect()),
        table(&["", "there", "here", "verdict"], o.quirks.iter().map(quirk).collect()),
    ];
    let parameters = table(&["parameter", "here"], pairs(&o.parameters));
    let functions = match o.functions {
        [] => String::new(),
        all => format!("\n{}", table(&["function", "here"], pairs(all))),
    };
    let states = table(&["state", "field or probe"], pairs(&o.states));
    format!("\n## {}\n\n{classes}\n{parameters}\n{states}{functions}\n{settings}\n{quirks}", o.name)
}
