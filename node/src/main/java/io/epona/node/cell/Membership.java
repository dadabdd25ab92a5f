package io.epona.node.cell;

import io.epona.node.config.CellKeys;
import io.epona.node.config.CellMember;
import io.epona.node.config.ServiceKeys;
import io.epona.runtime.config.EponaConfig;
import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * This node's place in its cell, and this start of it. Immutable.
 *
 * @param nodeId of this node
 * @param members all nodes in ascending order of their ids; empty in a cell of one
 * @param incarnationId of this start; random, its low 16 bits are not all 0
 */
public record Membership(int nodeId, List<CellMember> members, Uuid incarnationId) {
    private static final int SHORT_MASK = 0xFFFF;

    /** Copies the list. */
    public Membership {
        members = List.copyOf(members);
    }

    /** The membership that the configuration names, of a start with that incarnation id. */
    public static Membership of(final EponaConfig config, final Uuid incarnationId) {
        return new Membership(config.get(ServiceKeys.NODE_ID), CellKeys.members(config), incarnationId);
    }

    /** A random id that can name an incarnation. */
    public static Uuid randomId() {
        Uuid id = Uuid.randomUuid();
        while (shortOf(id) == 0) {
            id = Uuid.randomUuid();
        }
        return id;
    }

    /** True in a cell of one. */
    public boolean isAlone() {
        return members.isEmpty();
    }

    /** Ids of the other nodes, ascending. */
    public List<Integer> others() {
        return members.stream()
                .map(CellMember::nodeId)
                .filter(other -> other != nodeId)
                .toList();
    }

    /** This incarnation as replicas name it. */
    public int shortIncarnation() {
        return shortOf(incarnationId);
    }

    /** An incarnation as replicas name it: its low 16 bits; 0 for none. */
    static int shortOf(final Uuid incarnationId) {
        return incarnationId == null ? 0 : (int) incarnationId.getLeastSignificantBits() & SHORT_MASK;
    }
}
