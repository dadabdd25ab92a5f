package io.epona.gateway.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReassignmentHandlersTest {
    @TempDir
    Path directory;

    private HandlerHarness harness;

    static Stream<Short> versions() {
        return HandlerHarness.versions(ApiKeys.ALTER_PARTITION_REASSIGNMENTS);
    }

    @BeforeEach
    void begin() {
        harness = new HandlerHarness(directory);
        harness.make("orders", 2);
    }

    @AfterEach
    void end() {
        harness.close();
    }

    private ReassignablePartitionResponse alter(short version, String topic, int partition, List<Integer> replicas) {
        AlterPartitionReassignmentsRequestData request = new AlterPartitionReassignmentsRequestData()
                .setTopics(List.of(new ReassignableTopic()
                        .setName(topic)
                        .setPartitions(List.of(new ReassignablePartition()
                                .setPartitionIndex(partition)
                                .setReplicas(replicas)))));
        AlterPartitionReassignmentsResponseData response = harness.call(
                AlterPartitionReassignmentsResponseData.class, ApiKeys.ALTER_PARTITION_REASSIGNMENTS, version, request);
        assertEquals(Errors.NONE.code(), response.errorCode());
        assertEquals(topic, response.responses().getFirst().name());
        return response.responses().getFirst().partitions().getFirst();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldTakeReassignmentForDoneWhenReplicasStayTheSame(short version) {
        ReassignablePartitionResponse answer = alter(version, "orders", 1, List.of(HandlerHarness.NODE_ID));
        assertEquals(Errors.NONE.code(), answer.errorCode());
        assertEquals(1, answer.partitionIndex());
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldRefuseReassignmentWhenReplicasDiffer(short version) {
        for (List<Integer> replicas :
                List.of(List.<Integer>of(), List.of(7), List.of(HandlerHarness.NODE_ID, HandlerHarness.NODE_ID))) {
            ReassignablePartitionResponse answer = alter(version, "orders", 0, replicas);
            assertEquals(Errors.INVALID_REPLICA_ASSIGNMENT.code(), answer.errorCode());
            assertTrue(answer.errorMessage().contains("to all its nodes"), answer.errorMessage());
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldTellThatThereIsNothingToCancel(short version) {
        assertEquals(
                Errors.NO_REASSIGNMENT_IN_PROGRESS.code(),
                alter(version, "orders", 0, null).errorCode());
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldRefuseReassignmentWhenPartitionIsUnknown(short version) {
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                alter(version, "orders", 2, List.of(HandlerHarness.NODE_ID)).errorCode());
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                alter(version, "nothing", 0, null).errorCode());
    }

    @Test
    void shouldListNoReassignments() {
        ListPartitionReassignmentsResponseData response = harness.call(
                ListPartitionReassignmentsResponseData.class,
                ApiKeys.LIST_PARTITION_REASSIGNMENTS,
                (short) 0,
                new ListPartitionReassignmentsRequestData());
        assertEquals(Errors.NONE.code(), response.errorCode());
        assertTrue(response.topics().isEmpty());
    }
}
