/** What a node tells of its cell, and how a cell is drawn. */
package io.epona.node.cell;
