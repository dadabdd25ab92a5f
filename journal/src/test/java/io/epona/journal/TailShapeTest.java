package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Restart at every shape that the end of a log can have, on real files, with the ring shorter, equal and longer. */
@Timeout(240)
class TailShapeTest {
    private static final int SPAN = 32 * 1024;

    @TempDir
    Path directory;

    /** Ring and segment length; the span is the smaller. */
    enum Sizes {
        RING_SHORTER(SPAN, 4 * SPAN),
        EQUAL(SPAN, SPAN),
        RING_LONGER(4 * SPAN, SPAN);

        final int ringLength;
        final long segmentLength;

        Sizes(final int ringLength, final long segmentLength) {
            this.ringLength = ringLength;
            this.segmentLength = segmentLength;
        }
    }

    /** What the last thing in the log is. */
    enum Shape {
        EMPTY {
            @Override
            void write(final TestLog log, final List<Long> written) {
                assertEquals(0, log.end());
            }
        },
        FIRST_FRAME {
            @Override
            void write(final TestLog log, final List<Long> written) {
                written.add(log.append(100));
            }
        },
        PARTIAL_BLOCK {
            @Override
            void write(final TestLog log, final List<Long> written) {
                written.add(log.append(5000));
                written.add(log.append(61));
            }
        },
        BLOCK_EDGE {
            @Override
            void write(final TestLog log, final List<Long> written) {
                written.add(log.append(8192 - FrameDescriptor.HEADER_LENGTH));
            }
        },
        NEARLY_BLOCK_EDGE {
            @Override
            void write(final TestLog log, final List<Long> written) {
                written.add(log.append(8192 - FrameDescriptor.HEADER_LENGTH - 8));
            }
        },
        PADDING {
            @Override
            void write(final TestLog log, final List<Long> written) {
                written.add(log.append(1000));
                log.pad(log.end(), log.remaining());
                log.publish();
            }
        },
        PADDING_OF_A_HEADER {
            @Override
            void write(final TestLog log, final List<Long> written) {
                written.add(log.fillSpan(FrameDescriptor.HEADER_LENGTH));
                log.pad(log.end(), log.remaining());
                log.publish();
            }
        },
        SKIP_OF_8 {
            @Override
            void write(final TestLog log, final List<Long> written) {
                written.add(log.fillSpan(8));
            }
        },
        SKIP_OF_56 {
            @Override
            void write(final TestLog log, final List<Long> written) {
                written.add(log.fillSpan(56));
            }
        },
        FULL_SPAN {
            @Override
            void write(final TestLog log, final List<Long> written) {
                written.add(log.fillSpan(0));
            }
        },
        FULL_SEGMENT {
            @Override
            void write(final TestLog log, final List<Long> written) {
                do {
                    written.add(log.fillSpan(0));
                    log.flush();
                } while (log.end() % log.config.segmentLength() != 0);
            }
        },
        FULL_RING {
            @Override
            void write(final TestLog log, final List<Long> written) {
                do {
                    written.add(log.fillSpan(0));
                    log.flush();
                } while (log.end() % log.ring.length() != 0);
            }
        },
        FULL_JOURNAL {
            @Override
            void write(final TestLog log, final List<Long> written) {
                do {
                    written.add(log.fillSpan(0));
                    log.flush();
                } while (log.end() % log.config.capacity() != 0);
            }
        };

        abstract void write(TestLog log, List<Long> written);
    }

    static List<Object[]> shapes() {
        final List<Object[]> cases = new ArrayList<>();
        for (final Sizes sizes : Sizes.values()) {
            for (final Shape shape : Shape.values()) {
                cases.add(new Object[] {sizes, shape});
            }
        }
        return cases;
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("shapes")
    void shouldGoOnAtTheTailWhateverItsShape(final Sizes sizes, final Shape shape) {
        final JournalConfig config = new JournalConfig(directory, 3, 5, 6, 2, sizes.segmentLength, 5, 4096, 16 * 1024);
        final List<Long> written = new ArrayList<>();
        long end;
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), sizes.ringLength)) {
            shape.write(log, written);
            log.flush();
            end = log.end();
        }
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), sizes.ringLength)) {
            assertEquals(written, log.recovered);
            assertEquals(FrameDescriptor.framePosition(end, log.spanLength), log.tail.position());
            assertEquals(0, log.tail.discardedFrameCount());
        }
        // Twice, because the first start has wiped and marked behind the tail.
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), sizes.ringLength)) {
            assertEquals(written, log.recovered);
            final boolean isFull = log.end() == config.capacity();
            if (isFull) {
                log.counters.checkpointed().setRelease(config.segmentLength());
                written.removeIf(position -> position < config.segmentLength());
            }
            for (int i = 0; i < 5; i++) {
                written.add(log.append(300 + i));
                log.flush();
            }
            assertTrue(log.failures.isEmpty(), () -> log.failures.toString());
        }
        final long from = written.isEmpty() ? 0 : shape == Shape.FULL_JOURNAL ? config.segmentLength() : 0;
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), sizes.ringLength, from, from)) {
            assertEquals(written, log.recovered);
        }
    }
}
