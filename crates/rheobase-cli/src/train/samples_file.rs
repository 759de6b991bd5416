//! Samples in a file, read as the network that was trained on others wants them.

use std::path::{Path, PathBuf};

use clap::Args;
use rheobase::data::{
    Channels, CsvOptions, Dataset, LabelColumn, NpzOptions, read_csv_dataset, read_idx_dataset,
    read_npz_dataset, read_npz_part,
};
use rheobase::learn::Trained;
use rheobase::learn::config::Source;

use crate::analyse::recording::file_part;
use crate::arguments::FilePart;
use crate::failure::{Failure, Outcome};

/// How the samples of a file are to be read.
#[derive(Args)]
pub(crate) struct SamplesFile {
    /// Samples: .npz, .csv, or idx (such as t10k-images-idx3-ubyte.gz); FILE:test for `x_test` and `y_test` of an .npz
    #[arg(long, value_name = "FILE", group = "samples")]
    data: Option<PathBuf>,
    /// The same as --data
    #[arg(value_name = "SAMPLES", group = "samples")]
    file: Option<PathBuf>,
    /// Labels of idx files, a file; label column of csv files: its name, its number from 0, or `none` [default: the last
    /// column beyond the sample's]
    #[arg(long, value_name = "WHICH", requires = "samples")]
    label: Option<String>,
    /// Divide every value of a csv or .npz file by this [default: as in training; for tables 16 for the digits]
    #[arg(long, value_name = "X", requires = "samples")]
    scale: Option<f32>,
    /// Where the channels of images stand in an .npz file: first, or last [default: as in training]
    #[arg(long, value_name = "WHERE", requires = "samples")]
    channels: Option<String>,
}

impl SamplesFile {
    /// The samples; none if there is no file.
    pub(crate) fn read(&self, trained: &Trained) -> Outcome<Option<Dataset>> {
        let Some(given) = self.data.as_ref().or(self.file.as_ref()) else { return Ok(None) };
        let FilePart { path, part } = file_part(&given.to_string_lossy());
        let path = &path;
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        if !path.is_file() {
            return Err(Failure::bad(format!("--data {}: there is no such file", path.display())));
        }
        let data = match (ending.as_str(), part) {
            ("npz", Some(part)) => read_npz_part(path, &part, &self.npz(trained)?)?,
            (_, Some(part)) => {
                let shown = path.display();
                return Err(Failure::bad(format!("--data {shown}:{part}: only .npz files have parts")));
            }
            ("npz", None) => read_npz_dataset(path, &self.npz(trained)?)?,
            ("csv" | "tsv" | "txt", None) => self.csv(path, trained)?,
            _ => read_idx_dataset(path, self.label.as_ref().map(Path::new))?,
        };
        Ok(Some(data))
    }

    fn npz(&self, trained: &Trained) -> Outcome<NpzOptions> {
        let mut options = match &trained.config().data.source {
            Source::Npz(files) => files.options(),
            _ => NpzOptions::default(),
        };
        options.scale = self.scale.unwrap_or(options.scale);
        if let Some(name) = &self.channels {
            options.channels = Some(Channels::named(name)?);
        }
        Ok(options)
    }

    fn csv(&self, path: &Path, trained: &Trained) -> Outcome<Dataset> {
        let mut options = match &trained.config().data.source {
            Source::Csv(files) => files.options(),
            Source::Digits => CsvOptions { scale: 16.0, ..CsvOptions::default() },
            _ => CsvOptions::default(),
        };
        options.shape = trained.samples().shape.clone();
        options.class_names = trained.samples().class_names.clone();
        options.scale = self.scale.unwrap_or(options.scale);
        match self.label.as_deref() {
            Some("none") => options.label = LabelColumn::Absent,
            Some(text) => {
                let position = text.parse().map(LabelColumn::Position);
                options.label = position.unwrap_or_else(|_| LabelColumn::Name(text.into()));
            }
            None => {}
        }
        let read = read_csv_dataset(path, &options);
        if self.label.is_some() || read.is_ok() {
            return Ok(read?);
        }
        // Samples to be classified may have no labels: then every column is a feature.
        let without = CsvOptions { label: LabelColumn::Absent, ..options };
        read_csv_dataset(path, &without).or_else(|_| Ok(read?))
    }
}
