package io.epona.controller;

import io.epona.codec.control.CommandDecoder;
import io.epona.codec.control.CommandEncoder;
import io.epona.codec.control.CommandKind;
import io.epona.codec.control.MessageHeaderDecoder;
import io.epona.codec.control.MessageHeaderEncoder;
import io.epona.codec.control.NewPartitionsDecoder;
import io.epona.codec.control.NewPartitionsEncoder;
import io.epona.codec.control.NewTopicsDecoder;
import io.epona.codec.control.NewTopicsEncoder;
import io.epona.codec.control.TopicIdDecoder;
import io.epona.codec.control.TopicIdEncoder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.protocol.ApiMessage;

/** Commands as bytes in the control log, and back, as the schema in codec (commands to the controller, id 107) says. */
final class CommandCodec {
    /** Version of the payloads of this schema. */
    private static final int CELL_VERSION = 1;

    private static final int PAYLOAD_OFFSET = MessageHeaderEncoder.ENCODED_LENGTH + CommandEncoder.BLOCK_LENGTH;

    private CommandCodec() {}

    private record Payload(CommandKind kind, int version, UnsafeBuffer bytes) {}

    /** Encodes a command. */
    static UnsafeBuffer encode(Origin origin, ControlCommand<?> command) {
        Payload payload = payload(origin, command);
        int payloadLength = payload.bytes().capacity();
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[PAYLOAD_OFFSET + payloadLength]);
        new CommandEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .originNode(origin.nodeId())
                .payloadLength(payloadLength)
                .originIncarnationHigh(origin.incarnationId().getMostSignificantBits())
                .originIncarnationLow(origin.incarnationId().getLeastSignificantBits())
                .correlationId(origin.correlationId())
                .kind(payload.kind())
                .payloadVersion(payload.version())
                .reserved(0);
        buffer.putBytes(PAYLOAD_OFFSET, payload.bytes(), 0, payloadLength);
        return buffer;
    }

    /**
     * Whether the bytes are a command at all, of whatever kind and version. What is not was not written by a node, and
     * every node passes over it.
     */
    static boolean isCommand(DirectBuffer buffer, int offset, int length) {
        if (length < PAYLOAD_OFFSET) {
            return false;
        }
        MessageHeaderDecoder header = new MessageHeaderDecoder().wrap(buffer, offset);
        return header.schemaId() == CommandDecoder.SCHEMA_ID && header.templateId() == CommandDecoder.TEMPLATE_ID;
    }

    /** Who submitted a command. */
    static Origin origin(DirectBuffer buffer, int offset) {
        CommandDecoder decoder = decoder(buffer, offset);
        return new Origin(
                decoder.originNode(),
                new Uuid(decoder.originIncarnationHigh(), decoder.originIncarnationLow()),
                decoder.correlationId());
    }

    /**
     * Decodes a command.
     *
     * @throws UnknownCommandException when a later version of Epona wrote it.
     */
    static ControlCommand<?> command(DirectBuffer buffer, int offset, int length) {
        CommandDecoder decoder = decoder(buffer, offset);
        int version = decoder.payloadVersion();
        CommandKind kind = kind(decoder.kindRaw());
        int expected = knownVersion(kind);
        if (version != expected) {
            throw new UnknownCommandException("a command in the control log is of a kind or version that this node"
                    + " does not know: kind=" + decoder.kindRaw() + ", version=" + version
                    + "; run the version of Epona that wrote it, or a later one");
        }
        int payloadLength = decoder.payloadLength();
        if (payloadLength < 0 || payloadLength > length - PAYLOAD_OFFSET) {
            throw new IllegalArgumentException("command is cut off: length=" + length + ", payload=" + payloadLength);
        }
        return command(kind, version, new UnsafeBuffer(buffer, offset + PAYLOAD_OFFSET, payloadLength));
    }

    private static ControlCommand<?> command(CommandKind kind, int version, DirectBuffer payload) {
        short kafkaVersion = (short) version;
        return switch (kind) {
            case BEGIN_CELL -> CellPayloads.beginCell(payload, version);
            case REGISTER_NODE -> CellPayloads.registerNode(payload, version);
            case CONTROLLED_SHUTDOWN -> new ControlCommand.ControlledShutdown();
            case IN_SYNC_PROPOSAL -> CellPayloads.proposal(payload, version);
            case ELECT_LEADERS -> CellPayloads.electLeaders(payload, version);
            case RESIGNATION -> CellPayloads.resignation(payload, version);
            case NEW_TOPICS -> newTopics(payload, kafkaVersion);
            case DELETE_TOPICS ->
                AdminPayloads.command(new DeleteTopicsRequestData(KafkaMessages.readable(payload, 0), kafkaVersion));
            case NEW_PARTITIONS ->
                new ControlCommand.CreatePartitions(
                        AdminPayloads.topics(new CreatePartitionsRequestData(
                                KafkaMessages.readable(payload, NewPartitionsDecoder.BLOCK_LENGTH), kafkaVersion)),
                        new NewPartitionsDecoder()
                                .wrap(payload, 0, NewPartitionsDecoder.BLOCK_LENGTH, CELL_VERSION)
                                .maxPartitionCount());
            case INCREMENTAL_ALTER_CONFIGS ->
                AdminPayloads.command(
                        new IncrementalAlterConfigsRequestData(KafkaMessages.readable(payload, 0), kafkaVersion));
            case ALTER_CONFIGS ->
                AdminPayloads.command(new AlterConfigsRequestData(KafkaMessages.readable(payload, 0), kafkaVersion));
            case ALLOCATE_PRODUCER_IDS -> new ControlCommand.AllocateProducerIds();
            case NULL_VAL -> throw new IllegalArgumentException("no kind of command");
        };
    }

    private static CommandKind kind(int value) {
        for (CommandKind kind : CommandKind.values()) {
            if (kind.value() == value) {
                return kind;
            }
        }
        return CommandKind.NULL_VAL;
    }

    private static int knownVersion(CommandKind kind) {
        return switch (kind) {
            case NEW_TOPICS -> AdminPayloads.CREATE_TOPICS_VERSION;
            case DELETE_TOPICS -> AdminPayloads.DELETE_TOPICS_VERSION;
            case NEW_PARTITIONS -> AdminPayloads.CREATE_PARTITIONS_VERSION;
            case INCREMENTAL_ALTER_CONFIGS -> AdminPayloads.INCREMENTAL_ALTER_CONFIGS_VERSION;
            case ALTER_CONFIGS -> AdminPayloads.ALTER_CONFIGS_VERSION;
            case NULL_VAL -> -1;
            default -> CELL_VERSION;
        };
    }

    private static Payload payload(Origin origin, ControlCommand<?> command) {
        return switch (command) {
            case ControlCommand.BeginCell begin -> cell(CommandKind.BEGIN_CELL, CellPayloads.encode(begin));
            case ControlCommand.RegisterNode register ->
                cell(CommandKind.REGISTER_NODE, CellPayloads.encode(origin.nodeId(), register));
            case ControlCommand.ControlledShutdown ignored ->
                cell(CommandKind.CONTROLLED_SHUTDOWN, new UnsafeBuffer(new byte[0]));
            case ControlCommand.ProposeInSync proposal ->
                cell(CommandKind.IN_SYNC_PROPOSAL, CellPayloads.encode(proposal));
            case ControlCommand.ElectLeaders elect -> cell(CommandKind.ELECT_LEADERS, CellPayloads.encode(elect));
            case ControlCommand.ResignLane resign -> cell(CommandKind.RESIGNATION, CellPayloads.encode(resign));
            case ControlCommand.CreateTopics create ->
                new Payload(CommandKind.NEW_TOPICS, AdminPayloads.CREATE_TOPICS_VERSION, newTopics(create));
            case ControlCommand.DeleteTopics delete ->
                kafka(CommandKind.DELETE_TOPICS, AdminPayloads.message(delete), AdminPayloads.DELETE_TOPICS_VERSION);
            case ControlCommand.CreatePartitions add ->
                new Payload(CommandKind.NEW_PARTITIONS, AdminPayloads.CREATE_PARTITIONS_VERSION, newPartitions(add));
            case ControlCommand.IncrementalAlterConfigs alter ->
                kafka(
                        CommandKind.INCREMENTAL_ALTER_CONFIGS,
                        AdminPayloads.message(alter),
                        AdminPayloads.INCREMENTAL_ALTER_CONFIGS_VERSION);
            case ControlCommand.AlterConfigs alter ->
                kafka(CommandKind.ALTER_CONFIGS, AdminPayloads.message(alter), AdminPayloads.ALTER_CONFIGS_VERSION);
            case ControlCommand.AllocateProducerIds ignored ->
                cell(CommandKind.ALLOCATE_PRODUCER_IDS, new UnsafeBuffer(new byte[0]));
        };
    }

    private static Payload cell(CommandKind kind, UnsafeBuffer bytes) {
        return new Payload(kind, CELL_VERSION, bytes);
    }

    private static Payload kafka(CommandKind kind, ApiMessage message, short version) {
        return new Payload(kind, version, new UnsafeBuffer(KafkaMessages.encode(message, version)));
    }

    private static UnsafeBuffer newTopics(ControlCommand.CreateTopics command) {
        byte[] kafka = KafkaMessages.encode(AdminPayloads.message(command), AdminPayloads.CREATE_TOPICS_VERSION);
        int idsLength = command.topicIds().size() * TopicIdEncoder.BLOCK_LENGTH;
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[NewTopicsEncoder.BLOCK_LENGTH + idsLength + kafka.length]);
        new NewTopicsEncoder()
                .wrap(buffer, 0)
                .maxPartitionCount(command.maxPartitionCount())
                .topicCount(command.topicIds().size());
        TopicIdEncoder encoder = new TopicIdEncoder();
        int offset = NewTopicsEncoder.BLOCK_LENGTH;
        for (Uuid id : command.topicIds()) {
            encoder.wrap(buffer, offset)
                    .topicIdHigh(id.getMostSignificantBits())
                    .topicIdLow(id.getLeastSignificantBits());
            offset += TopicIdEncoder.BLOCK_LENGTH;
        }
        buffer.putBytes(offset, kafka);
        return buffer;
    }

    private static ControlCommand.CreateTopics newTopics(DirectBuffer payload, short kafkaVersion) {
        NewTopicsDecoder decoder = new NewTopicsDecoder().wrap(payload, 0, NewTopicsDecoder.BLOCK_LENGTH, CELL_VERSION);
        List<Uuid> ids = new ArrayList<>();
        TopicIdDecoder id = new TopicIdDecoder();
        int offset = NewTopicsDecoder.BLOCK_LENGTH;
        for (int i = 0; i < decoder.topicCount(); i++) {
            id.wrap(payload, offset, TopicIdDecoder.BLOCK_LENGTH, CELL_VERSION);
            ids.add(new Uuid(id.topicIdHigh(), id.topicIdLow()));
            offset += TopicIdDecoder.BLOCK_LENGTH;
        }
        return new ControlCommand.CreateTopics(
                AdminPayloads.topics(
                        new CreateTopicsRequestData(KafkaMessages.readable(payload, offset), kafkaVersion)),
                ids,
                decoder.maxPartitionCount());
    }

    private static UnsafeBuffer newPartitions(ControlCommand.CreatePartitions command) {
        byte[] kafka = KafkaMessages.encode(AdminPayloads.message(command), AdminPayloads.CREATE_PARTITIONS_VERSION);
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[NewPartitionsEncoder.BLOCK_LENGTH + kafka.length]);
        new NewPartitionsEncoder()
                .wrap(buffer, 0)
                .maxPartitionCount(command.maxPartitionCount())
                .reserved(0);
        buffer.putBytes(NewPartitionsEncoder.BLOCK_LENGTH, kafka);
        return buffer;
    }

    private static CommandDecoder decoder(DirectBuffer buffer, int offset) {
        return new CommandDecoder()
                .wrap(
                        buffer,
                        offset + MessageHeaderDecoder.ENCODED_LENGTH,
                        CommandDecoder.BLOCK_LENGTH,
                        CommandDecoder.SCHEMA_VERSION);
    }
}
