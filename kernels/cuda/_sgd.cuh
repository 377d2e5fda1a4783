// Stochastic gradient descent with momentum and weight decay, of one weight:
//
//     v ← momentum · v − decay · rate · w − rate · gradient,    w ← w + v
//
// Source: cuda-convnet, Weights::update.

#include "_some.cuh"

struct Rates {
    A rate, momentum, decay;
};

// The rates that a row of the settings holds.
__device__ inline Rates rates_of(const double* row) {
    return {(A)row[control::RATE], (A)row[control::MOMENTUM], (A)row[control::DECAY]};
}

__device__ inline void advance(A& w, A& v, A gradient, const Rates& rates) {
    v = rates.momentum * v - (rates.decay * rates.rate * w + rates.rate * gradient);
    w += v;
}
