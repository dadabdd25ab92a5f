package io.epona.runtime;

import static io.epona.runtime.CountersFileDescriptor.KEY_SUBJECT_ID_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.KEY_SUBJECT_LENGTH_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.KEY_SUBJECT_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.metadata;
import static io.epona.runtime.CountersFileDescriptor.values;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.errors.ErrorLogReader;
import org.agrona.concurrent.status.CountersReader;

/** A node's counters and distinct errors, read-only, from within the node or from another process. Any thread. */
public final class CountersView {
    private final CountersReader counters;
    private final AtomicBuffer errorLog;

    CountersView(final AtomicBuffer metadata, final AtomicBuffer values, final AtomicBuffer errorLog) {
        this.counters = new CountersReader(metadata, values, StandardCharsets.UTF_8);
        this.errorLog = errorLog;
    }

    /**
     * One counter as it is now.
     *
     * @param typeId number of its type
     * @param type the type, or null when this version of Epona does not know it
     * @param subjectId number of what it belongs to
     * @param subject name of what it belongs to
     * @param label for people
     * @param value now
     */
    public record Sample(int typeId, CounterType type, int subjectId, String subject, String label, long value) {}

    /**
     * One distinct error.
     *
     * @param count times it was seen
     * @param firstMs first time, ms since the Unix epoch
     * @param lastMs last time, ms since the Unix epoch
     * @param text exception with stack trace
     */
    public record DistinctError(int count, long firstMs, long lastMs, String text) {}

    /** All counters, in the order in which they were made. */
    public List<Sample> samples() {
        final List<Sample> samples = new ArrayList<>();
        counters.forEach((final int counterId, final int typeId, final DirectBuffer key, final String label) -> {
            final int length = Math.clamp(
                    key.getInt(KEY_SUBJECT_LENGTH_OFFSET), 0, CountersReader.MAX_KEY_LENGTH - KEY_SUBJECT_OFFSET);
            final byte[] subject = new byte[length];
            key.getBytes(KEY_SUBJECT_OFFSET, subject);
            samples.add(new Sample(
                    typeId,
                    CounterType.ofTypeId(typeId),
                    key.getInt(KEY_SUBJECT_ID_OFFSET),
                    new String(subject, StandardCharsets.US_ASCII),
                    label,
                    counters.getCounterValue(counterId)));
        });
        return samples;
    }

    /**
     * Value of the first counter of that type and subject.
     *
     * @throws IllegalArgumentException when there is none
     */
    public long value(final CounterType type, final int subjectId) {
        for (final Sample sample : samples()) {
            if (sample.typeId() == type.typeId() && sample.subjectId() == subjectId) {
                return sample.value();
            }
        }
        throw new IllegalArgumentException("no such counter: type=" + type + ", subjectId=" + subjectId);
    }

    /** All distinct errors, in the order in which they first came. */
    public List<DistinctError> errors() {
        final List<DistinctError> errors = new ArrayList<>();
        ErrorLogReader.read(
                errorLog,
                (count, firstMs, lastMs, text) -> errors.add(new DistinctError(count, firstMs, lastMs, text)));
        return errors;
    }
}
