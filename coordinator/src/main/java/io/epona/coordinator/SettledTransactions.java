package io.epona.coordinator;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Requests that wait until a transition of their transaction is over. Each is tried once more then, or when its time is
 * over. Coordinator's thread.
 */
final class SettledTransactions {
    private static final long PATIENCE_NS = 500_000_000L;
    private static final int MAX_WAITING = 10_000;

    private final Map<String, List<Waiting>> waiting = new HashMap<>();
    private int count;

    private record Waiting(long deadlineNs, Runnable request) {}

    /** Tries a request again later; now, when too many wait. */
    void await(final String transactionalId, final Runnable request) {
        if (count >= MAX_WAITING) {
            request.run();
            return;
        }
        count++;
        waiting.computeIfAbsent(transactionalId, id -> new ArrayList<>())
                .add(new Waiting(System.nanoTime() + PATIENCE_NS, request));
    }

    /** Nothing of the transaction is pending any more. */
    void onSettled(final String transactionalId) {
        final List<Waiting> all = waiting.remove(transactionalId);
        if (all != null) {
            count -= all.size();
            all.forEach(one -> one.request().run());
        }
    }

    /** Tries those again whose time is over. */
    void expire() {
        if (count == 0) {
            return;
        }
        final long nowNs = System.nanoTime();
        final List<String> late = new ArrayList<>();
        waiting.forEach((id, all) -> {
            if (all.getFirst().deadlineNs() - nowNs <= 0) {
                late.add(id);
            }
        });
        late.forEach(this::onSettled);
    }
}
