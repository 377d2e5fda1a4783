// Weights that are updated by the sums of a product, which are their gradient: see sgd.cu. A thread loads those of its
// runs before the product is computed, so that memory is busy meanwhile; the gradient is never stored.

#include "_product.cuh"
#include "_sgd.cuh"

// How many weights that follow one another a thread has at a time, and how many times. Whole sectors of memory are
// read and written where those of neighbouring threads follow one another, too.
constexpr int WEIGHTS = SHORT ? tensor::QUAD : RUN, TIMES = SHORT ? tensor::QUADS : RUNS;

// Rows of weights that are `width` long, given by the offset of their first one.
template <int width>
struct Learned {
    static constexpr bool ALIGNED = width % WEIGHTS == 0;
    A *weights, *velocity;
    T* copy;
    Rates rates;
    Pack<A, WEIGHTS> w[TIMES], v[TIMES];

    __device__ Learned(A* weights, A* velocity, T* copy, Index first, const double* settings)
        : weights(weights + first), velocity(velocity + first), copy(copy ? copy + first : nullptr),
          rates(rates_of(settings)) {}

    __device__ void load(int number, Index row, Index column) {
        w[number] = load_some<WEIGHTS, ALIGNED>(weights + row + column, count_of<width, WEIGHTS>(column));
        v[number] = load_some<WEIGHTS, ALIGNED>(velocity + row + column, count_of<width, WEIGHTS>(column));
    }

    __device__ void advance(int number, Index row, Index column, const A (&gradients)[WEIGHTS]) {
        Pack<T, WEIGHTS> stored;
#pragma unroll
        for (int j = 0; j < WEIGHTS; ++j) {
            ::advance(w[number].values[j], v[number].values[j], gradients[j], rates);
            stored.values[j] = narrow<T>(w[number].values[j]);
        }
        store_some<WEIGHTS, ALIGNED>(weights + row + column, w[number], count_of<width, WEIGHTS>(column));
        store_some<WEIGHTS, ALIGNED>(velocity + row + column, v[number], count_of<width, WEIGHTS>(column));
        if (copy) store_some<WEIGHTS, ALIGNED>(copy + row + column, stored, count_of<width, WEIGHTS>(column));
    }
};

// Calls work(number, row, column) for the thread's weights of a tile.
template <typename Work>
__device__ inline void for_weights(const Tile& tile, Work work) {
    if constexpr (SHORT)
        tensor::for_quads(tile, work);
    else
        for_runs(tile, work);
}

// Calls write(number, row, column, gradients) for the thread's weights of a tile.
template <typename Left, typename Right, typename Write>
__device__ inline void gradients_of(const Tile& tile, const Left& left, const Right& right, Part part, Write write) {
    if constexpr (SHORT) {
        tensor::product_by_quads(tile, left, right, part, write);
    } else {
        int number = 0;
        product(tile, left, right, part, [&](Index row, Index column, A(&sums)[RUN]) {
            write(number++, row, column, sums);
        });
    }
}
