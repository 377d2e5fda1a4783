// What a cross entropy sums up over the rows of a batch, in one block: each warp adds the rows that it has.

#include "_common.cuh"

constexpr int LANES = 32, WARPS = 32;
constexpr A TINY = sizeof(A) == 4 ? A(1.17549435e-38) : A(2.2250738585072014e-308);

// A probability that rounding has made zero counts as the smallest normal number; what is no number stays so.
__device__ inline A likely(A probability) { return probability < TINY ? TINY : probability; }

// How many classes lie before the label: those that score more, and, if `ties` count, as much with a lower number.
template <typename Score>
__device__ inline int before_label(const Score* row, int label, bool ties) {
    A own = wide(row[label]);
    int before = 0;
    for (int k = threadIdx.x % LANES; k < K; k += LANES)
        before += wide(row[k]) > own || (ties && wide(row[k]) == own && k < label);
    return warp_sum(before);
}

// Writes what a row of scores has for the metrics to column n of `terms` (3, rows): the loss by the probability of its
// label, and whether it is an error, among all and among the TOP. All lanes of a warp call it.
template <typename Score>
__device__ inline void put_terms(const Score* row, int label, A probability, A* terms, Index n, Index rows) {
    int before = before_label(row, label, true), better = TOP > 1 ? before_label(row, label, false) : 0;
    if (threadIdx.x % LANES) return;
    terms[n] = -log(likely(probability));
    terms[rows + n] = before > 0;
    terms[2 * rows + n] = better >= TOP;
}

struct Sums {
    double loss = 0, errors = 0, top_errors = 0;

    // Adds a row of scores, such as probabilities, and the probability of its label; all lanes of a warp call it.
    template <typename Score>
    __device__ void add(const Score* row, int label, A probability) {
        int before = before_label(row, label, true), better = TOP > 1 ? before_label(row, label, false) : 0;
        if (threadIdx.x % LANES) return;
        loss -= log((double)likely(probability));
        errors += before > 0;
        top_errors += better >= TOP;
    }

    // Adds the sums of all threads to the metrics; all threads of the block call it.
    __device__ void keep(double* metrics, Index* counters, Index valid) const {
        double all_loss = block_sum(loss), all_errors = block_sum(errors);
        double all_top = TOP > 1 ? block_sum(top_errors) : 0.0;
        if (threadIdx.x) return;
        add_sums(metrics, counters, all_loss, all_errors, valid);
        if (TOP > 1) metrics[control::METRICS] += all_top;
    }
};
