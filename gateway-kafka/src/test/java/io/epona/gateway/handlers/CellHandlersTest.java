package io.epona.gateway.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.controller.LaneInfo;
import io.epona.controller.TopicDefaults;
import io.epona.gateway.MemoryCell;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.PartitionData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitionsCollection;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What node 3 of a cell of three tells about the cell, in which nodes come and go. */
class CellHandlersTest {
    private static final int LANES = 3;

    @TempDir
    Path directory;

    private MemoryCell cell;
    private HandlerHarness harness;

    static Stream<Short> metadataVersions() {
        return HandlerHarness.versions(ApiKeys.METADATA);
    }

    static Stream<Short> electionVersions() {
        return HandlerHarness.versions(ApiKeys.ELECT_LEADERS);
    }

    static Stream<Short> quorumVersions() {
        return HandlerHarness.versions(ApiKeys.DESCRIBE_QUORUM);
    }

    @BeforeEach
    void begin() {
        cell = new MemoryCell(directory, 3, LANES, TopicDefaults.STANDARD);
        harness = new HandlerHarness(directory, cell.controller(3));
        harness.make("orders", LANES);
        // All at home.
        elect((short) 2, null);
    }

    @AfterEach
    void end() {
        assertEquals(List.of(), cell.failures);
        cell.close();
    }

    private MetadataResponseData metadata(short version) {
        MetadataRequestData request = new MetadataRequestData().setTopics(new ArrayList<>());
        request.topics().add(new MetadataRequestTopic().setName("orders"));
        return harness.call(MetadataResponseData.class, ApiKeys.METADATA, version, request);
    }

    private static List<MetadataResponsePartition> partitions(MetadataResponseData response) {
        assertEquals(Errors.NONE.code(), response.topics().iterator().next().errorCode());
        return response.topics().iterator().next().partitions();
    }

    private static List<Integer> brokers(MetadataResponseData response) {
        return response.brokers().stream()
                .map(MetadataResponseBroker::nodeId)
                .sorted()
                .toList();
    }

    private int laneOf(int partition) {
        return cell.controller(3).image().partition("orders", partition).laneId();
    }

    private Map<Integer, Errors> elect(short version, List<Integer> partitions, int type) {
        ElectLeadersRequestData request = new ElectLeadersRequestData();
        if (version > 0) {
            request.setElectionType((byte) type);
        }
        if (partitions == null) {
            request.setTopicPartitions(null);
        } else {
            TopicPartitionsCollection topics = new TopicPartitionsCollection();
            topics.add(new TopicPartitions().setTopic("orders").setPartitions(partitions));
            request.setTopicPartitions(topics);
        }
        ElectLeadersResponseData response =
                harness.call(ElectLeadersResponseData.class, ApiKeys.ELECT_LEADERS, version, request);
        assertEquals(Errors.NONE.code(), response.errorCode());
        Map<Integer, Errors> results = new TreeMap<>();
        response.replicaElectionResults().forEach(topic -> {
            assertEquals("orders", topic.topic());
            topic.partitionResult()
                    .forEach(result -> results.put(result.partitionId(), Errors.forCode(result.errorCode())));
        });
        return results;
    }

    private Map<Integer, Errors> elect(short version, List<Integer> partitions) {
        return elect(version, partitions, 0);
    }

    @ParameterizedTest
    @MethodSource("metadataVersions")
    void shouldShowAllNodesAndSpreadLeadersWhenAllAreAlive(short version) {
        MetadataResponseData response = metadata(version);
        assertEquals(List.of(1, 2, 3), brokers(response));
        assertEquals("node2", response.brokers().find(2).host());
        assertEquals(9002, response.brokers().find(2).port());
        List<Integer> leaders = new ArrayList<>();
        for (MetadataResponsePartition partition : partitions(response)) {
            LaneInfo lane = cell.lane(laneOf(partition.partitionIndex()));
            assertEquals(Errors.NONE.code(), partition.errorCode());
            assertEquals(lane.leader(), partition.leaderId());
            assertEquals(version >= 7 ? lane.leaderEpoch() : -1, partition.leaderEpoch());
            assertEquals(lane.replicas(), partition.replicaNodes());
            assertEquals(3, partition.isrNodes().size());
            assertTrue(partition.offlineReplicas().isEmpty());
            leaders.add(partition.leaderId());
        }
        assertEquals(List.of(1, 2, 3), leaders.stream().sorted().toList());
    }

    @ParameterizedTest
    @MethodSource("metadataVersions")
    void shouldLeaveOutDeadNodesAndShowTheirReplicasOffline(short version) {
        cell.stop(2);
        MetadataResponseData response = metadata(version);
        assertEquals(List.of(1, 3), brokers(response));
        for (MetadataResponsePartition partition : partitions(response)) {
            assertTrue(List.of(1, 3).contains(partition.leaderId()));
            Errors expected = version == 0 ? Errors.REPLICA_NOT_AVAILABLE : Errors.NONE;
            assertEquals(expected.code(), partition.errorCode());
            assertEquals(version == 0 ? 2 : 3, partition.replicaNodes().size());
            assertEquals(version >= 5 ? List.of(2) : List.of(), partition.offlineReplicas());
            assertFalse(partition.isrNodes().contains(2));
        }
    }

    @ParameterizedTest
    @MethodSource("metadataVersions")
    void shouldNotForgetTheTopicWhenItsLaneHasNoLeader(short version) {
        int partition = leave(1);
        MetadataResponsePartition answer = partitions(metadata(version)).get(partition);
        assertEquals(Errors.LEADER_NOT_AVAILABLE.code(), answer.errorCode());
        assertEquals(-1, answer.leaderId());
        DescribeTopicPartitionsRequestData request = new DescribeTopicPartitionsRequestData()
                .setTopics(List.of(new TopicRequest().setName("orders")))
                .setResponsePartitionLimit(100);
        DescribeTopicPartitionsResponsePartition described = harness.call(
                        DescribeTopicPartitionsResponseData.class,
                        ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
                        (short) 0,
                        request)
                .topics()
                .iterator()
                .next()
                .partitions()
                .get(partition);
        assertEquals(Errors.LEADER_NOT_AVAILABLE.code(), described.errorCode());
        assertEquals(
                List.of(1, 2), described.offlineReplicas().stream().sorted().toList());
    }

    /** The in-sync replicas of a lane go, node 2 and the one that leads; returns a partition of that lane. */
    private int leave(int nodeId) {
        for (int partition = 0; partition < LANES; partition++) {
            if (cell.lane(laneOf(partition)).leader() == nodeId) {
                cell.propose(laneOf(partition), List.of(nodeId, 2));
                cell.stop(2);
                cell.stop(nodeId);
                assertTrue(cell.lane(laneOf(partition)).isOffline());
                return partition;
            }
        }
        throw new IllegalStateException("leads nothing: " + nodeId);
    }

    @Test
    void shouldTellOfFencedNodesOnlyWhenAskedTo() {
        cell.stop(1);
        DescribeClusterRequestData request = new DescribeClusterRequestData();
        for (short version = 0; version <= ApiKeys.DESCRIBE_CLUSTER.latestVersion(); version++) {
            DescribeClusterResponseData alive =
                    harness.call(DescribeClusterResponseData.class, ApiKeys.DESCRIBE_CLUSTER, version, request);
            assertEquals(2, alive.brokers().size());
        }
        DescribeClusterResponseData all = harness.call(
                DescribeClusterResponseData.class,
                ApiKeys.DESCRIBE_CLUSTER,
                (short) 2,
                request.duplicate().setIncludeFencedBrokers(true));
        assertEquals(3, all.brokers().size());
        assertTrue(all.brokers().find(1).isFenced());
        assertFalse(all.brokers().find(3).isFenced());
    }

    @ParameterizedTest
    @MethodSource("electionVersions")
    void shouldElectThePreferredLeaderWhenItIsInSyncAgain(short version) {
        int partition = -1;
        for (int i = 0; i < LANES; i++) {
            partition = cell.lane(laneOf(i)).preferredLeader() == 1 ? i : partition;
        }
        assertEquals(Map.of(partition, Errors.ELECTION_NOT_NEEDED), elect(version, List.of(partition)));
        cell.stop(1);
        assertEquals(Map.of(partition, Errors.PREFERRED_LEADER_NOT_AVAILABLE), elect(version, List.of(partition)));
        cell.start(1);
        assertEquals(Map.of(partition, Errors.PREFERRED_LEADER_NOT_AVAILABLE), elect(version, null));
        cell.catchUp();
        int epoch = cell.lane(laneOf(partition)).leaderEpoch();
        assertEquals(Map.of(partition, Errors.NONE), elect(version, null));
        assertEquals(1, cell.lane(laneOf(partition)).leader());
        assertEquals(epoch + 1, cell.lane(laneOf(partition)).leaderEpoch());
        assertEquals(Map.of(), elect(version, null));
    }

    @Test
    void shouldRefuseElectionsOfWhatIsNotThere() {
        assertEquals(
                Map.of(0, Errors.ELECTION_NOT_NEEDED, 9, Errors.UNKNOWN_TOPIC_OR_PARTITION),
                elect((short) 2, List.of(0, 9)));
        assertEquals(Map.of(9, Errors.UNKNOWN_TOPIC_OR_PARTITION), elect((short) 2, List.of(9)));
        ElectLeadersRequestData odd = new ElectLeadersRequestData().setElectionType((byte) 7);
        ElectLeadersResponseData response =
                harness.call(ElectLeadersResponseData.class, ApiKeys.ELECT_LEADERS, (short) 2, odd);
        assertEquals(Errors.INVALID_REQUEST.code(), response.errorCode());
    }

    @Test
    void shouldNeverElectAReplicaThatIsNotInSync() {
        int partition = leave(1);
        for (short version = 1; version <= ApiKeys.ELECT_LEADERS.latestVersion(); version++) {
            assertEquals(
                    Map.of(partition, Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE), elect(version, List.of(partition), 1));
            assertEquals(Map.of(partition, Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE), elect(version, null, 1));
            int other = (partition + 1) % LANES;
            assertEquals(Map.of(other, Errors.ELECTION_NOT_NEEDED), elect(version, List.of(other), 1));
        }
        assertTrue(cell.lane(laneOf(partition)).isOffline());
    }

    @ParameterizedTest
    @MethodSource("quorumVersions")
    void shouldDescribeTheQuorumAsThisNodeKnowsIt(short version) {
        cell.controlLeader(2);
        DescribeQuorumRequestData request = new DescribeQuorumRequestData()
                .setTopics(List.of(
                        new DescribeQuorumRequestData.TopicData()
                                .setTopicName("__cluster_metadata")
                                .setPartitions(List.of(
                                        new DescribeQuorumRequestData.PartitionData().setPartitionIndex(0),
                                        new DescribeQuorumRequestData.PartitionData().setPartitionIndex(1))),
                        new DescribeQuorumRequestData.TopicData()
                                .setTopicName("orders")
                                .setPartitions(
                                        List.of(new DescribeQuorumRequestData.PartitionData().setPartitionIndex(0)))));
        DescribeQuorumResponseData response =
                harness.call(DescribeQuorumResponseData.class, ApiKeys.DESCRIBE_QUORUM, version, request);
        assertEquals(Errors.NONE.code(), response.errorCode());
        PartitionData quorum = response.topics().getFirst().partitions().getFirst();
        assertEquals(Errors.NONE.code(), quorum.errorCode());
        assertEquals(2, quorum.leaderId());
        assertEquals(5, quorum.leaderEpoch());
        assertTrue(quorum.highWatermark() > 0);
        assertEquals(
                List.of(1, 2, 3),
                quorum.currentVoters().stream().map(voter -> voter.replicaId()).toList());
        assertEquals(-1, quorum.currentVoters().getFirst().logEndOffset());
        assertEquals(quorum.highWatermark(), quorum.currentVoters().getLast().logEndOffset());
        assertTrue(quorum.observers().isEmpty());
        assertEquals(version >= 2 ? 3 : 0, response.nodes().size());
        if (version >= 2) {
            assertEquals(
                    9003, response.nodes().find(3).listeners().iterator().next().port());
        }
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                response.topics().getFirst().partitions().getLast().errorCode());
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                response.topics().getLast().partitions().getFirst().errorCode());
    }

    @Test
    void shouldReplicateToAllNodesWhateverTheirOrder() {
        for (List<Integer> replicas : List.of(List.of(3, 2, 1), List.of(1, 2), List.of(1, 2, 3, 4))) {
            AlterPartitionReassignmentsRequestData request = new AlterPartitionReassignmentsRequestData()
                    .setTopics(List.of(new ReassignableTopic()
                            .setName("orders")
                            .setPartitions(List.of(new ReassignablePartition()
                                    .setPartitionIndex(0)
                                    .setReplicas(replicas)))));
            AlterPartitionReassignmentsResponseData response = harness.call(
                    AlterPartitionReassignmentsResponseData.class,
                    ApiKeys.ALTER_PARTITION_REASSIGNMENTS,
                    (short) 1,
                    request);
            Errors expected = replicas.size() == 3 ? Errors.NONE : Errors.INVALID_REPLICA_ASSIGNMENT;
            assertEquals(
                    expected.code(),
                    response.responses().getFirst().partitions().getFirst().errorCode());
        }
    }

    @Test
    void shouldMakeTopicsWithAsManyReplicasAsThereAreNodes() {
        for (int replicationFactor : new int[] {-1, 1, 3, 4}) {
            CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(10_000);
            request.topics()
                    .add(new CreatableTopic()
                            .setName("with-" + (replicationFactor + 1))
                            .setNumPartitions(2)
                            .setReplicationFactor((short) replicationFactor));
            CreateTopicsResponseData response =
                    harness.call(CreateTopicsResponseData.class, ApiKeys.CREATE_TOPICS, (short) 7, request);
            boolean isAll = replicationFactor == -1 || replicationFactor == 3;
            Errors expected = isAll ? Errors.NONE : Errors.INVALID_REPLICATION_FACTOR;
            assertEquals(expected.code(), response.topics().iterator().next().errorCode(), "rf=" + replicationFactor);
        }
    }
}
