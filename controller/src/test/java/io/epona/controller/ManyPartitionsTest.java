package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ManyPartitionsTest {
    /** Far above what it takes (tens of milliseconds), so that a busy machine does not fail the build. */
    private static final long START_LIMIT_MS = 10_000;

    @TempDir
    Path directory;

    @Test
    void shouldStartFastWhenThereAreTenThousandPartitions() {
        ControllerFixture fixture = ControllerFixture.in(directory);
        try (LocalController controller = fixture.open()) {
            for (int batch = 0; batch < 10; batch++) {
                List<NewTopicSpec> topics = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    topics.add(NewTopicSpec.withPartitions("topic-" + batch + "-" + i, 10));
                }
                controller.createTopics(topics, false).join();
            }
        }
        long startedNs = System.nanoTime();
        try (LocalController controller = fixture.open()) {
            long tookMs = (System.nanoTime() - startedNs) / 1_000_000;
            System.out.println("metadata of 10,000 partitions loaded in " + tookMs + " ms");
            assertEquals(10_000, controller.image().partitionCount());
            assertTrue(tookMs < START_LIMIT_MS, "took " + tookMs + " ms");
        }
    }
}
