package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Controllers of a cell over one log, on one thread, with timers that the test fires. */
@Timeout(60)
class CellControllerTest {
    private static final List<Integer> ALL = List.of(1, 2, 3);

    private final SharedLog log = new SharedLog();
    private final Random random = new Random(1);
    private final List<Member> members = new ArrayList<>();

    private final class Member {
        final int nodeId;
        final SharedLog.End end = log.end();
        final List<Throwable> fatalErrors = new ArrayList<>();
        final List<CompletableFuture<?>> timers = new ArrayList<>();
        final CellController controller;

        Member(int nodeId, int laneCount) {
            this.nodeId = nodeId;
            ControllerConfig config = new ControllerConfig(
                    Path.of("unused"), nodeId, laneCount, 1, TopicDefaults.STANDARD, Map.of(), Long.MAX_VALUE);
            controller = CellController.join(
                    config,
                    new ControllerContext(
                            Runnable::run,
                            () -> new Uuid(random.nextLong(), random.nextLong()),
                            (future, timeoutMs) -> timers.add(future),
                            reason -> {
                                fatalErrors.add(reason);
                                end.isCutOff = true; // its process ends
                            }),
                    end);
        }

        void begin() {
            end.connect();
            controller.begin(ALL).join();
            controller.registerNode(registration()).join();
        }

        NodeRegistration registration() {
            return new NodeRegistration(
                    new Uuid(77, nodeId),
                    Uuid.ZERO_UUID,
                    4096,
                    List.of(new Endpoint("PLAINTEXT", "host", 9090 + nodeId, SecurityProtocol.PLAINTEXT)),
                    null,
                    IntStream.range(0, 3)
                            .mapToObj(laneId -> new LanePosition(laneId, true, 0, 0))
                            .toList());
        }

        LaneInfo lane(int laneId) {
            return controller.image().lane(laneId);
        }

        void fireTimers() {
            List<CompletableFuture<?>> due = new ArrayList<>(timers);
            timers.clear();
            due.forEach(future -> future.completeExceptionally(new java.util.concurrent.TimeoutException()));
        }
    }

    private void beginAll() {
        for (int nodeId : ALL) {
            members.add(new Member(nodeId, 3));
        }
        members.forEach(Member::begin);
    }

    private Member member(int nodeId) {
        return members.get(nodeId - 1);
    }

    private void catchUp() {
        for (int laneId = 0; laneId < 3; laneId++) {
            LaneInfo lane = member(1).lane(laneId);
            InSyncChange change = new InSyncChange(laneId, lane.leaderEpoch(), lane.version(), ALL);
            assertTrue(member(lane.leader())
                    .controller
                    .proposeInSync(change)
                    .join()
                    .isSuccess());
        }
    }

    @Test
    void shouldShowSameMetadataOnAllNodesWhenAnyOfThemIsAsked() {
        beginAll();
        for (int nodeId : ALL) {
            CreateTopicResult result = member(nodeId)
                    .controller
                    .createTopics(List.of(NewTopicSpec.withPartitions("topic-" + nodeId, nodeId)), false)
                    .join()
                    .getFirst();
            assertEquals(Errors.NONE, result.error().error(), result.error().message());
            assertEquals(3, result.replicationFactor());
        }
        for (Member member : members) {
            assertEquals(3, member.controller.image().topics().size());
            assertEquals(member.nodeId, member.controller.image().nodeId());
            assertEquals(
                    member(1).controller.image().lanes(),
                    member.controller.image().lanes());
            assertEquals(
                    member(1).controller.image().clusterId(),
                    member.controller.image().clusterId());
            assertTrue(member.fatalErrors.isEmpty());
        }
    }

    @Test
    void shouldTakeDeadNodeOutOfSyncWhenLeadersNodeSeesIt() {
        beginAll();
        assertEquals(List.of(1, 2), member(2).lane(0).isr(), "of those who were not there a majority stays");
        catchUp();
        member(1).end.isCutOff = true;
        log.expire(member(1).end);
        assertEquals(2, member(2).lane(0).leader());
        assertEquals(List.of(2, 3), member(3).lane(0).isr(), "the new leader's node has proposed it at once");
        assertEquals(1, member(1).lane(0).leader(), "it knows of nothing");
        member(1).end.connect();
        assertEquals(2, member(1).lane(0).leader());
        assertFalse(member(2).controller.image().broker(1).fenced(), "it has registered again by itself");
        assertEquals(Standing.SOUND, member(2).controller.image().standing(1, 0));
    }

    @Test
    void shouldFailWithRetriableErrorWhenLogDoesNotAnswerInTime() {
        beginAll();
        member(3).end.isCutOff = true;
        var lost = member(3).controller.createTopics(List.of(NewTopicSpec.withDefaults("a")), false, 100);
        assertFalse(lost.isDone());
        member(3).fireTimers();
        assertInstanceOf(
                TimeoutException.class,
                assertThrows(CompletionException.class, lost::join).getCause());
        member(3).end.isRefusing = true;
        var refused = member(3).controller.deleteTopics(List.of(TopicReference.byName("a")), 0);
        assertInstanceOf(
                NotControllerException.class,
                assertThrows(CompletionException.class, refused::join).getCause());
    }

    @Test
    void shouldFailWhatWaitsWhenClosed() {
        beginAll();
        member(3).end.isCutOff = true;
        var waiting = member(3).controller.allocateProducerIds();
        member(3).controller.close();
        assertInstanceOf(
                NotControllerException.class,
                assertThrows(CompletionException.class, waiting::join).getCause());
    }

    @Test
    void shouldRefuseCommandWhenItIsTooLongForTheLog() {
        beginAll();
        NewTopicSpec big = new NewTopicSpec("a", 1, (short) -1, Map.of(), Map.of("retention.ms", "1".repeat(30_000)));
        List<NewTopicSpec> topics = Collections.nCopies(50, big);
        var refused = member(1).controller.createTopics(topics, false);
        assertInstanceOf(
                PolicyViolationException.class,
                assertThrows(CompletionException.class, refused::join).getCause());
    }

    @Test
    void shouldRefuseNodeWhenItsConfigurationIsOfAnotherCell() {
        beginAll();
        Member other = new Member(3, 4);
        other.end.connect();
        var refused = other.controller.begin(ALL);
        assertInstanceOf(
                InvalidRequestException.class,
                assertThrows(CompletionException.class, refused::join).getCause());
    }

    @Test
    void shouldEndProcessWhenAnotherRegistersAsTheSameNode() {
        beginAll();
        Member other = new Member(3, 3);
        other.begin();
        assertTrue(other.fatalErrors.isEmpty());
        assertEquals(1, member(3).fatalErrors.size());
        assertTrue(
                member(3).fatalErrors.getFirst().getMessage().contains("another process"),
                member(3).fatalErrors.getFirst().getMessage());
    }

    @Test
    void shouldWaitForLeadersToMoveWhenNodeIsAboutToStop() {
        beginAll();
        catchUp();
        List<Integer> stillLed =
                member(1).controller.beginControlledShutdown(1_000).join();
        assertEquals(List.of(), stillLed);
        for (int laneId = 0; laneId < 3; laneId++) {
            assertNotEquals(1, member(2).lane(laneId).leader());
            assertEquals(
                    List.of(2, 3),
                    member(2).lane(laneId).isr().stream().sorted().toList());
        }
        log.expire(member(1).end);
        member(1).end.connect();
        assertTrue(member(2).controller.image().broker(1).fenced(), "it does not come back");
    }

    @Test
    void shouldGiveUpWaitingWhenNobodyAnswersNodeThatIsAboutToStop() {
        beginAll();
        catchUp();
        member(1).end.isCutOff = true;
        var stopping = member(1).controller.beginControlledShutdown(1_000);
        assertFalse(stopping.isDone());
        member(1).fireTimers();
        assertInstanceOf(
                TimeoutException.class,
                assertThrows(CompletionException.class, stopping::join).getCause());
        member(1).end.connect();
        member(1).fireTimers();
        assertTrue(member(2).controller.image().broker(1).inControlledShutdown(), "it still says so when it can");
    }

    @Test
    void shouldNotWaitForLeaderWhoCannotDoWithoutNodeThatIsAboutToStop() {
        beginAll();
        assertEquals(List.of(1, 2), member(1).lane(0).isr().stream().sorted().toList());
        assertEquals(
                List.of(), member(1).controller.beginControlledShutdown(1_000).join(), "others lead, and keep it");
        assertNotEquals(1, member(2).lane(0).leader());
    }

    @Test
    void shouldLeadPreferredLanesWhenNodesClaimThem() {
        beginAll();
        catchUp();
        members.forEach(member -> member.controller.claimPreferredLanes().join());
        for (int laneId = 0; laneId < 3; laneId++) {
            assertEquals(laneId + 1, member(1).lane(laneId).leader());
        }
        assertEquals(List.of(), member(1).controller.claimPreferredLanes().join());
    }

    @Test
    void shouldActivateWhatCameBetweenWhenLanesAreOpenedWhileOthersMakeTopics() {
        beginAll();
        member(1)
                .controller
                .createTopics(List.of(NewTopicSpec.withPartitions("a", 2)), false)
                .join();
        ClusterImage known = member(2).controller.image();
        member(1)
                .controller
                .createTopics(List.of(NewTopicSpec.withPartitions("b", 3)), false)
                .join();
        member(1).controller.deleteTopics(List.of(TopicReference.byName("a"))).join();
        List<PartitionChanges> seen = new ArrayList<>();
        member(2)
                .controller
                .activatePartitionsWith(
                        (old, now) -> {
                            seen.add(PartitionChanges.between(old, now));
                            return CompletableFuture.completedFuture(null);
                        },
                        known)
                .join();
        assertEquals(1, seen.size());
        assertEquals(3, seen.getFirst().opened().size());
        assertEquals(2, seen.getFirst().closed().size());
    }

    @Test
    void shouldAnswerOwnCommandOnlyWhenItsPartitionsAreActivated() {
        beginAll();
        CompletableFuture<Void> lanes = new CompletableFuture<>();
        member(1).controller.activatePartitionsWith((old, now) -> lanes);
        var answer = member(1).controller.createTopics(List.of(NewTopicSpec.withDefaults("a")), false);
        assertFalse(answer.isDone());
        assertNull(member(1).controller.image().topic("a"));
        assertEquals(1, member(2).controller.image().topics().size(), "the others do not wait for this node's lanes");
        lanes.complete(null);
        assertTrue(answer.isDone());
    }

    @Test
    void shouldPassOverWhatNoNodeWroteAndEndWhenCommandIsOfLaterRelease() {
        beginAll();
        member(1).end.submit(new UnsafeBuffer(new byte[100]), 0, 100);
        assertTrue(member(2).fatalErrors.isEmpty());
        UnsafeBuffer later =
                CommandCodec.encode(new Origin(1, Uuid.ONE_UUID, 1), new ControlCommand.AllocateProducerIds());
        later.putShort(8 + 34, (short) 9);
        assertThrows(UnknownCommandException.class, () -> member(1).end.submit(later, 0, later.capacity()));
        assertEquals(
                1,
                members.stream().mapToInt(member -> member.fatalErrors.size()).sum());
    }

    @Test
    void shouldKeepNoSnapshotWhenCommandsWerePassedOver() {
        beginAll();
        member(1).end.takeSnapshot();
        member(1).controller.addListener((old, now) -> {
            throw new IllegalStateException("planted");
        });
        var failed = member(2).controller.createTopics(List.of(NewTopicSpec.withDefaults("a")), false);
        assertEquals(1, member(1).fatalErrors.size());
        assertFalse(failed.isCompletedExceptionally());
        assertThrows(KafkaStorageException.class, member(1).end::takeSnapshot);
        assertInstanceOf(
                KafkaStorageException.class,
                assertThrows(
                                CompletionException.class,
                                () -> member(1).controller.allocateProducerIds().join())
                        .getCause());
    }

    @Test
    void shouldRegisterAgainWhenFirstCommandWasLost() {
        members.add(new Member(1, 3));
        Member member = member(1);
        var begun = member.controller.begin(ALL);
        member.fireTimers();
        assertFalse(begun.isDone(), "not before there is a connection");
        member.end.connect();
        member.fireTimers();
        member.fireTimers();
        begun.join();
        member.end.isRefusing = true;
        var registered = member.controller.registerNode(member.registration());
        member.end.isRefusing = false;
        assertFalse(registered.isDone());
        member.fireTimers();
        registered.join();
        assertEquals(1, member.lane(0).leader());
    }
}
