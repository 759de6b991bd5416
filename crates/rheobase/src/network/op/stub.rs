use crate::Result;
use crate::network::describe;
use crate::network::memory::Memory;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::Signal;
macro_rules! st {
    ($n:ident) => {
        pub(crate) struct $n;
        impl Operator for $n {
            fn forward(&self, _: &Context<'_>, _: &[&[f32]], _: &[&Signal], _: &mut Memory, _: &mut Signal) {}
            fn backward(&self, _: &Context<'_>, _: &[&[f32]], _: Back<'_>) {}
        }
    };
}
st!(Conv);
st!(Pool);
st!(Scale);
st!(Dropout);
impl Conv {
    pub(crate) fn shape(_: &str, _: &describe::Conv, i: &[usize]) -> Result<Vec<usize>> {
        Ok(i.to_vec())
    }
    pub(crate) fn new(_: &str, _: &describe::Conv, _: &[usize]) -> Result<Self> {
        Ok(Conv)
    }
    pub(crate) fn weight_shape(&self) -> Vec<usize> {
        vec![1]
    }
    pub(crate) fn fan_in(&self) -> usize {
        1
    }
}
impl Pool {
    pub(crate) fn shape(_: &str, _: &describe::Pool, i: &[usize]) -> Result<Vec<usize>> {
        Ok(i.to_vec())
    }
    pub(crate) fn new(_: &str, _: &describe::Pool, _: &[usize]) -> Result<Self> {
        Ok(Pool)
    }
}
impl Scale {
    pub(crate) fn new(_: &str, _: f64) -> Result<Self> {
        Ok(Scale)
    }
}
impl Dropout {
    pub(crate) fn new(_: &str, _: f64, _: u64) -> Result<Self> {
        Ok(Dropout)
    }
}
pub(crate) enum Activation {
    Relu,
    Sigmoid,
    Tanh,
}
impl Operator for Activation {
    fn forward(&self, _: &Context<'_>, _: &[&[f32]], _: &[&Signal], _: &mut Memory, _: &mut Signal) {}
    fn backward(&self, _: &Context<'_>, _: &[&[f32]], _: Back<'_>) {}
}
