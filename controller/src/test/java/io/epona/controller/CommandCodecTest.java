package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.control.CommandEncoder;
import io.epona.codec.control.MessageHeaderEncoder;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CommandCodecTest {
    private static final Origin ORIGIN = new Origin(3, new Uuid(7, 8), 99);
    private static final int HEADER_LENGTH = MessageHeaderEncoder.ENCODED_LENGTH;

    static Stream<ControlCommand<?>> commands() {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "a");
        NodeRegistration registration = new NodeRegistration(
                new Uuid(1, 2),
                new Uuid(3, 4),
                1 << 20,
                List.of(
                        new Endpoint("PLAINTEXT", "host", 9092, SecurityProtocol.PLAINTEXT),
                        new Endpoint("TLS", "höst", 9093, SecurityProtocol.SSL)),
                "rack-1",
                List.of(new LanePosition(0, true, 5, 1L << 40), new LanePosition(1, false, 0, 0)));
        return Stream.of(
                new ControlCommand.BeginCell(new Uuid(5, 6), 3, List.of(1, 2, 3, 4, 5), (short) 25),
                new ControlCommand.RegisterNode(registration),
                new ControlCommand.RegisterNode(NodeRegistration.alone(registration.endpoints(), null)),
                new ControlCommand.ControlledShutdown(),
                new ControlCommand.ProposeInSync(new InSyncChange(2, 7, 9, List.of(2, 1))),
                new ControlCommand.ResignLane(2, 7, true),
                new ControlCommand.ElectLeaders(List.of()),
                new ControlCommand.ElectLeaders(List.of(2, 0)),
                new ControlCommand.CreateTopics(
                        List.of(
                                NewTopicSpec.withPartitions("a", 3),
                                new NewTopicSpec(
                                        "b",
                                        -1,
                                        (short) -1,
                                        Map.of(0, List.of(1, 2), 5, List.of()),
                                        Collections.singletonMap("retention.ms", null))),
                        List.of(new Uuid(1, 1), new Uuid(2, 2)),
                        1_000),
                new ControlCommand.DeleteTopics(
                        List.of(TopicReference.byName("a"), TopicReference.byId(new Uuid(2, 2)))),
                new ControlCommand.CreatePartitions(
                        List.of(
                                new NewPartitionsSpec("a", 5, null),
                                new NewPartitionsSpec("b", 6, List.of(List.of(3, 1, 2)))),
                        1_000),
                new ControlCommand.IncrementalAlterConfigs(Map.of(
                        topic,
                        List.of(
                                new AlterConfigOp(new ConfigEntry("x", "1"), AlterConfigOp.OpType.SET),
                                new AlterConfigOp(new ConfigEntry("y", null), AlterConfigOp.OpType.DELETE)))),
                new ControlCommand.AlterConfigs(Map.of(topic, Map.of("x", "1", "y", "2"))),
                new ControlCommand.AllocateProducerIds());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void shouldGiveBackCommandWhenDecoded(ControlCommand<?> command) {
        UnsafeBuffer bytes = CommandCodec.encode(ORIGIN, command);
        UnsafeBuffer inside = new UnsafeBuffer(new byte[bytes.capacity() + 24]);
        inside.putBytes(16, bytes, 0, bytes.capacity());
        assertTrue(CommandCodec.isCommand(inside, 16, bytes.capacity()));
        assertEquals(ORIGIN, CommandCodec.origin(inside, 16));
        assertEquals(command, CommandCodec.command(inside, 16, bytes.capacity()));
    }

    @Test
    void shouldSayWhatToDoWhenKindOrVersionIsOfLaterRelease() {
        UnsafeBuffer bytes = CommandCodec.encode(ORIGIN, new ControlCommand.AllocateProducerIds());
        int kindOffset = HEADER_LENGTH + CommandEncoder.kindEncodingOffset();
        bytes.putShort(kindOffset, (short) 77, ByteOrder.LITTLE_ENDIAN);
        UnknownCommandException kind =
                assertThrows(UnknownCommandException.class, () -> CommandCodec.command(bytes, 0, bytes.capacity()));
        assertTrue(kind.getMessage().contains("kind=77"), kind.getMessage());
        UnsafeBuffer later = CommandCodec.encode(ORIGIN, new ControlCommand.ElectLeaders(List.of()));
        later.putShort(
                HEADER_LENGTH + CommandEncoder.payloadVersionEncodingOffset(), (short) 2, ByteOrder.LITTLE_ENDIAN);
        assertThrows(UnknownCommandException.class, () -> CommandCodec.command(later, 0, later.capacity()));
    }

    @Test
    void shouldNotTakeAnythingForCommandWhenNodeDidNotWriteIt() {
        Random random = new Random(1);
        for (int length = 0; length < 200; length++) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            assertFalse(CommandCodec.isCommand(new UnsafeBuffer(bytes), 0, length));
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void shouldRefuseCommandWhenItIsCutOff(ControlCommand<?> command) {
        UnsafeBuffer bytes = CommandCodec.encode(ORIGIN, command);
        int shorter = bytes.capacity() - 1;
        if (shorter >= HEADER_LENGTH + CommandEncoder.BLOCK_LENGTH) {
            assertThrows(RuntimeException.class, () -> CommandCodec.command(bytes, 0, shorter));
        } else {
            assertFalse(CommandCodec.isCommand(bytes, 0, shorter));
        }
    }
}
