package io.epona.partitionlog;

import java.util.ArrayList;
import java.util.List;

/** Logs with appends that no flush round has taken over, each kept open by a lease. Owned by one shelf agent. */
final class DirtyLogs {
    private List<LogSlot> slots = new ArrayList<>();

    /** Adds a log that the caller has a lease of, and takes another. */
    void add(final LogSlot slot) {
        if (!slot.isDirty()) {
            if (!slot.tryLease(slot.lastUsedNs())) {
                throw new IllegalStateException("log is not open: partitionIndex=" + slot.partitionIndex());
            }
            slot.dirty(true);
            slots.add(slot);
        }
    }

    int count() {
        return slots.size();
    }

    /** Hands over all of them, with their leases. */
    List<LogSlot> takeAll() {
        final List<LogSlot> taken = slots;
        slots = new ArrayList<>();
        taken.forEach(slot -> slot.dirty(false));
        return taken;
    }
}
