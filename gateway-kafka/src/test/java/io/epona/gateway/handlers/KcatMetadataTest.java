package io.epona.gateway.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.epona.controller.NewTopicSpec;
import io.epona.controller.TopicDefaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** kcat, and with it librdkafka, against Metadata. Skipped where kcat is not installed. */
@Timeout(60)
class KcatMetadataTest {
    private static final Path KCAT = Path.of("/usr/bin/kcat");

    @TempDir
    Path directory;

    @Test
    void shouldListClusterWhenAskedByKcat() throws Exception {
        assumeTrue(Files.isExecutable(KCAT), "kcat is not installed");
        try (AdminServer server = new AdminServer(directory, TopicDefaults.STANDARD)) {
            server.controller
                    .createTopics(List.of(NewTopicSpec.withPartitions("orders", 2)), false)
                    .join();
            String list = kcat(server, "-L");
            assertTrue(list.contains("broker 5 at localhost:"), list);
            assertTrue(list.contains("(controller)"), list);
            assertTrue(list.contains("topic \"orders\" with 2 partitions"), list);
            assertTrue(list.contains("partition 1, leader 5, replicas: 5, isrs: 5"), list);
            String unknown = kcat(server, "-L", "-t", "nowhere", "-X", "allow.auto.create.topics=false");
            assertTrue(unknown.contains("Unknown topic or partition"), unknown);
            String made = kcat(server, "-L", "-t", "nowhere", "-X", "allow.auto.create.topics=true");
            assertTrue(made.contains("topic \"nowhere\" with 1 partitions"), made);
        }
    }

    private static String kcat(AdminServer server, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(KCAT.toString(), "-b", server.bootstrapServers()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(20, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        return output;
    }
}
