// Weights that are updated by the sums of a product, which are their gradient: see sgd.cu. A thread loads those of its
// runs before the product is computed, so that memory is busy meanwhile; the gradient is never stored.

#include "_product.cuh"
#include "_sgd.cuh"

// Rows of weights that are `width` long, given by the offset of their first one.
template <int width>
struct Learned {
    static constexpr bool ALIGNED = width % RUN == 0;
    A *weights, *velocity;
    T* copy;
    Rates rates;
    Pack<A, RUN> w[RUNS], v[RUNS];

    __device__ Learned(A* weights, A* velocity, T* copy, Index first, const double* settings)
        : weights(weights + first), velocity(velocity + first), copy(copy ? copy + first : nullptr),
          rates(rates_of(settings)) {}

    __device__ void load(int run, Index row, Index column) {
        w[run] = load_some<RUN, ALIGNED>(weights + row + column, count_of<width>(column));
        v[run] = load_some<RUN, ALIGNED>(velocity + row + column, count_of<width>(column));
    }

    __device__ void advance(int run, Index row, Index column, const A (&gradients)[RUN]) {
        Pack<T, RUN> stored;
#pragma unroll
        for (int j = 0; j < RUN; ++j) {
            ::advance(w[run].values[j], v[run].values[j], gradients[j], rates);
            stored.values[j] = narrow<T>(w[run].values[j]);
        }
        store_some<RUN, ALIGNED>(weights + row + column, w[run], count_of<width>(column));
        store_some<RUN, ALIGNED>(velocity + row + column, v[run], count_of<width>(column));
        if (copy) store_some<RUN, ALIGNED>(copy + row + column, stored, count_of<width>(column));
    }
};
