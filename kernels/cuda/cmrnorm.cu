// Response normalisation across maps.
//
//     y[f] = x[f] · d[f]^−POWER,    d[f] = MINIMUM + SHARE · Σ_g x[g]²
//     dx[f] = dy[f] · d[f]^−POWER − 2 · POWER · SHARE · x[f] · Σ_g dy[g] · x[g] · d[g]^(−POWER − 1)
//
// with g over the SIZE maps from f − ⌊SIZE/2⌋ on (forward), over those whose window holds f (backward), or,
// if BLOCKED, over the block of f; clipped to the C maps. SHARE = scale / SIZE.
//
// Source: cuda-convnet, layer type cmrnorm; Krizhevsky, Sutskever, Hinton 2012, section 3.3.
// A thread has one value; its neighbours come from the cache.

#include "_common.cuh"

struct Maps {
    int first, last;
};

__device__ inline Maps clipped(int first, int last) { return {max(first, 0), min(last, C)}; }

__device__ inline Maps seen_by(int f) {
    int first = BLOCKED ? f / SIZE * SIZE : f - SIZE / 2;
    return clipped(first, first + SIZE);
}

__device__ inline Maps seeing(int f) {
    return BLOCKED ? seen_by(f) : clipped(f - (SIZE - 1 - SIZE / 2), f + SIZE / 2 + 1);
}

extern "C" __global__ void forward(const T* x, T* denominators, T* y, Index count) {
    FOR_EACH(i, count) {
        int f = i % C;
        const T* pixel = x + (i - f);
        Maps maps = seen_by(f);
        A sum = 0;
        for (int g = maps.first; g < maps.last; ++g) sum += wide(pixel[g]) * wide(pixel[g]);
        A denominator = A(MINIMUM) + A(SHARE) * sum;
        denominators[i] = narrow<T>(denominator);
        y[i] = narrow<T>(wide(pixel[f]) * pow(denominator, A(-POWER)));
    }
}

extern "C" __global__ void backward(const T* x, const T* denominators, const T* dy, T* dx, Index count,
                                    bool accumulate) {
    FOR_EACH(i, count) {
        int f = i % C;
        Index pixel = i - f;
        Maps maps = seeing(f);
        A sum = 0;
        for (int g = maps.first; g < maps.last; ++g)
            sum += wide(dy[pixel + g]) * wide(x[pixel + g]) * pow(wide(denominators[pixel + g]), A(-POWER - 1));
        A direct = wide(dy[i]) * pow(wide(denominators[i]), A(-POWER));
        put(dx + i, direct - A(2 * POWER * SHARE) * wide(x[i]) * sum, accumulate);
    }
}
