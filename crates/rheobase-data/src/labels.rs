//! Labels that do not start at 0, as files of other programs have them: what they mean, and what to do.

/// First and last label, where the first is not 0.
pub fn offset(labels: &[u32]) -> Option<(u32, u32)> {
    let (first, last) = (labels.iter().min()?, labels.iter().max()?);
    (*first > 0).then_some((*first, *last))
}

/// What labels from `first` to `last` mean.
pub fn meaning(first: u32, last: u32) -> String {
    let (classes, are) = (last + 1, if first == 1 { "is" } else { "are" });
    format!(
        "labels run from {first} to {last}, but classes count from 0: subtract {first} from each, or keep {classes} \
         classes and outputs, of which the first {first} {are} never right"
    )
}

/// The end of an error about classes: what labels that do not start at 0 mean; nothing where they do.
pub fn hint(labels: &[u32]) -> String {
    offset(labels).map_or(String::new(), |(first, last)| format!("; {}", meaning(first, last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_without_0_are_offset() {
        assert_eq!((offset(&[]), offset(&[3, 0, 1])), (None, None));
        assert_eq!(offset(&[10, 1, 5]), Some((1, 10)));
        assert_eq!(hint(&[0, 2]), "");
        let text = hint(&[1, 10]);
        assert!(
            text.starts_with("; labels run from 1 to 10, but classes count from 0: subtract 1"),
            "{text}"
        );
        assert!(text.contains("keep 11 classes"), "{text}");
    }
}
