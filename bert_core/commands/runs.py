"""``runs`` and its verbs: what was trained here, and what becomes of it."""

from typing import Annotated

import typer

from bert_core.commands.common import sentences

app = typer.Typer(help="List runs, show one, stop, resume or delete it.", add_completion=False)
Id = Annotated[str, typer.Argument(metavar="ID", help="The run, as 'runs' lists it.")]


@app.callback(invoke_without_command=True)
def list_(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List all runs, the newest first."""
    if context.invoked_subcommand is not None:
        return
    from bert_core.training import runs
    from bert_core.views import training_text

    with sentences():
        typer.echo(training_text.all_runs(runs.list_runs(), as_json=as_json))


@app.command()
def show(
    run: Id,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    log: Annotated[bool, typer.Option("--log", help="Print the end of its log too.")] = False,
) -> None:
    """Show one run: where it is, its figures, how it was ordered."""
    from bert_core.training import runs
    from bert_core.views import training_text

    with sentences():
        folder = runs.get(run)
        typer.echo(training_text.run(folder, as_json=as_json))
        if log:
            typer.echo(folder.read_log())


@app.command()
def stop(
    run: Id,
    force: Annotated[bool, typer.Option("--force", help="Kill it if it does not end.")] = False,
) -> None:
    """Ask a run to save and end."""
    from bert_core.training import runs

    with sentences():
        typer.echo(runs.stop(runs.get(run), force=force).state)


@app.command()
def resume(run: Id) -> None:
    """Let a run that ended early go on."""
    from bert_core.training import runs

    with sentences():
        status = runs.resume(runs.get(run))
        for note in status.notes:
            typer.echo(note, err=True)
        typer.echo(status.state)


@app.command()
def delete(
    run: Id,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Do not ask.", prompt="Delete the run and everything it wrote?"),
    ] = False,
) -> None:
    """Delete a run with everything it wrote."""
    from bert_core.training import runs

    if not yes:
        raise typer.Exit(1)
    with sentences():
        runs.delete(runs.get(run))
        typer.echo("deleted")


@app.command()
def summary(group: Annotated[str, typer.Argument(help="The grid, as 'grid' printed it.")]) -> None:
    """Mean and spread over the seeds of a grid, beside published figures."""
    from bert_core.training import runs
    from bert_core.views import training_text

    with sentences():
        typer.echo(training_text.grid(group, runs.list_runs()))
