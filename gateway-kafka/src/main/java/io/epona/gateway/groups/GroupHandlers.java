package io.epona.gateway.groups;

import io.epona.controller.ClusterController;
import io.epona.coordinator.GroupCoordinators;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.handlers.AuthorizedOperations;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.ObjIntConsumer;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.StreamsGroupDescribeRequestData;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/** The handlers of the APIs of groups. */
public final class GroupHandlers {
    private static final short FIRST_LEAVE_OF_MANY = 3;
    private static final short FIRST_SYNC_WITH_PROTOCOL = 5;

    private GroupHandlers() {}

    /**
     * Makes one handler per API, for one gateway thread.
     *
     * @param groups of the node.
     * @param controller the cluster's metadata.
     */
    public static List<RequestHandler> create(final GroupCoordinators groups, final ClusterController controller) {
        final OffsetRequests offsets = new OffsetRequests(controller);
        final StreamsGroups streams = new StreamsGroups(controller);
        return List.of(
                new GroupHandler<JoinGroupRequestData>(ApiKeys.JOIN_GROUP, groups, GroupHandlers::join),
                new GroupHandler<SyncGroupRequestData>(ApiKeys.SYNC_GROUP, groups, GroupHandlers::sync),
                new GroupHandler<HeartbeatRequestData>(ApiKeys.HEARTBEAT, groups, GroupCoordinator::heartbeat),
                new GroupHandler<LeaveGroupRequestData>(ApiKeys.LEAVE_GROUP, groups, GroupHandlers::leave),
                new GroupHandler<OffsetCommitRequestData>(ApiKeys.OFFSET_COMMIT, groups, offsets::commit),
                new GroupHandler<OffsetFetchRequestData>(ApiKeys.OFFSET_FETCH, groups, offsets::fetch),
                new GroupHandler<OffsetDeleteRequestData>(ApiKeys.OFFSET_DELETE, groups, offsets::delete),
                new GroupHandler<ListGroupsRequestData>(ApiKeys.LIST_GROUPS, groups, GroupCoordinator::listGroups),
                new GroupHandler<DescribeGroupsRequestData>(ApiKeys.DESCRIBE_GROUPS, groups, GroupHandlers::describe),
                new GroupHandler<DeleteGroupsRequestData>(ApiKeys.DELETE_GROUPS, groups, GroupHandlers::delete),
                new GroupHandler<ConsumerGroupHeartbeatRequestData>(
                        ApiKeys.CONSUMER_GROUP_HEARTBEAT, groups, GroupCoordinator::consumerGroupHeartbeat),
                new GroupHandler<ConsumerGroupDescribeRequestData>(
                        ApiKeys.CONSUMER_GROUP_DESCRIBE, groups, GroupHandlers::describeConsumers),
                new GroupHandler<StreamsGroupHeartbeatRequestData>(
                        ApiKeys.STREAMS_GROUP_HEARTBEAT, groups, streams::heartbeat),
                new GroupHandler<StreamsGroupDescribeRequestData>(
                        ApiKeys.STREAMS_GROUP_DESCRIBE, groups, GroupHandlers::describeStreams));
    }

    /**
     * The handler that commits offsets as part of a transaction; for nodes that have transactions.
     *
     * @param groups of the node, made with a verification of transactions.
     * @param controller the cluster's metadata.
     */
    public static RequestHandler txnOffsetCommit(final GroupCoordinators groups, final ClusterController controller) {
        return new GroupHandler<TxnOffsetCommitRequestData>(
                ApiKeys.TXN_OFFSET_COMMIT, groups, new OffsetRequests(controller)::commitInTransaction);
    }

    private static CompletionStage<ApiMessage> join(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final JoinGroupRequestData request) {
        return coordinator
                .joinGroup(context, request, BufferSupplier.NO_CACHING)
                .thenApply(response -> new JoinGroupResponse(response, version(context)).data());
    }

    private static CompletionStage<? extends ApiMessage> sync(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final SyncGroupRequestData request) {
        if (version(context) >= FIRST_SYNC_WITH_PROTOCOL
                && (request.protocolType() == null || request.protocolName() == null)) {
            return CompletableFuture.completedFuture(
                    new SyncGroupResponseData().setErrorCode(Errors.INCONSISTENT_GROUP_PROTOCOL.code()));
        }
        return coordinator.syncGroup(context, request, BufferSupplier.NO_CACHING);
    }

    private static CompletionStage<ApiMessage> leave(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final LeaveGroupRequestData request) {
        final LeaveGroupRequestData ofMany = version(context) >= FIRST_LEAVE_OF_MANY
                ? request
                : new LeaveGroupRequestData()
                        .setGroupId(request.groupId())
                        .setMembers(List.of(new MemberIdentity().setMemberId(request.memberId())));
        return coordinator
                .leaveGroup(context, ofMany)
                .thenApply(response -> new LeaveGroupResponse(response, version(context)).data());
    }

    private static CompletionStage<ApiMessage> describe(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final DescribeGroupsRequestData request) {
        return coordinator.describeGroups(context, request.groups()).thenApply(groups -> {
            authorize(
                    request.includeAuthorizedOperations(),
                    groups,
                    DescribeGroupsResponseData.DescribedGroup::errorCode,
                    DescribeGroupsResponseData.DescribedGroup::setAuthorizedOperations);
            return new DescribeGroupsResponseData().setGroups(groups);
        });
    }

    private static CompletionStage<ApiMessage> describeConsumers(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final ConsumerGroupDescribeRequestData request) {
        return coordinator.consumerGroupDescribe(context, request.groupIds()).thenApply(groups -> {
            authorize(
                    request.includeAuthorizedOperations(),
                    groups,
                    ConsumerGroupDescribeResponseData.DescribedGroup::errorCode,
                    ConsumerGroupDescribeResponseData.DescribedGroup::setAuthorizedOperations);
            return new ConsumerGroupDescribeResponseData().setGroups(groups);
        });
    }

    private static CompletionStage<ApiMessage> describeStreams(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final StreamsGroupDescribeRequestData request) {
        return coordinator.streamsGroupDescribe(context, request.groupIds()).thenApply(groups -> {
            authorize(
                    request.includeAuthorizedOperations(),
                    groups,
                    StreamsGroupDescribeResponseData.DescribedGroup::errorCode,
                    StreamsGroupDescribeResponseData.DescribedGroup::setAuthorizedOperations);
            return new StreamsGroupDescribeResponseData().setGroups(groups);
        });
    }

    private static <G> void authorize(
            final boolean isWanted,
            final List<G> groups,
            final ToIntFunction<G> errorCode,
            final ObjIntConsumer<G> operations) {
        if (isWanted) {
            groups.stream()
                    .filter(group -> errorCode.applyAsInt(group) == Errors.NONE.code())
                    .forEach(group -> operations.accept(group, AuthorizedOperations.GROUP));
        }
    }

    private static CompletionStage<ApiMessage> delete(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final DeleteGroupsRequestData request) {
        final List<String> names = request.groupsNames().stream().distinct().toList();
        return coordinator
                .deleteGroups(context, names, BufferSupplier.NO_CACHING)
                .thenApply(results -> new DeleteGroupsResponseData().setResults(results));
    }

    private static short version(final AuthorizableRequestContext context) {
        return (short) context.requestVersion();
    }
}
