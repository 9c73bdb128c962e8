// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "./Guess.sol";

contract Player {
    function tryCommit(Guess game, bytes32 commitment) external returns (bool ok) {
        (ok, ) = address(game).call(abi.encodeCall(Guess.commit, (commitment)));
    }

    function tryReveal(Guess game, uint256 guess, bytes32 salt) external returns (bool ok) {
        (ok, ) = address(game).call(abi.encodeCall(Guess.reveal, (guess, salt)));
    }

    function tryClose(Guess game) external returns (bool ok) {
        (ok, ) = address(game).call(abi.encodeCall(Guess.close, ()));
    }
}

contract GuessTest {
    Guess game;
    Player ana;
    Player eve;
    bytes32 constant SALT = keccak256("only Ana knows");

    function setUp() public {
        game = new Guess();
        ana = new Player();
        eve = new Player();
    }

    function anaCommits(uint256 guess) private returns (bytes32 commitment) {
        commitment = game.commitmentOf(address(ana), guess, SALT);
        require(ana.tryCommit(game, commitment), "a player can commit while the game is open");
    }

    function test_CommitCloseReveal() public {
        anaCommits(7);
        game.close();
        require(ana.tryReveal(game, 7, SALT), "after closing, a player can reveal");
        require(game.revealed(address(ana)) && game.guesses(address(ana)) == 7, "and the guess counts");
    }

    function test_TheSaltHidesTheGuess() public view {
        require(
            game.commitmentOf(address(ana), 7, SALT) != game.commitmentOf(address(ana), 7, bytes32(0)),
            "the commitment depends on the salt, so the guess cannot be found by trying"
        );
    }

    function test_NoOtherGuess() public {
        anaCommits(7);
        game.close();
        require(!ana.tryReveal(game, 8, SALT), "revealing another guess fails");
    }

    function test_NoSecondCommitment() public {
        anaCommits(7);
        require(!ana.tryCommit(game, game.commitmentOf(address(ana), 8, SALT)), "a commitment cannot be changed");
    }

    function test_NoCommitmentAfterClosing() public {
        game.close();
        require(!ana.tryCommit(game, bytes32(uint256(1))), "nobody commits after the game is closed");
    }

    function test_NoRevealBeforeClosing() public {
        anaCommits(7);
        require(!ana.tryReveal(game, 7, SALT), "nobody reveals while others can still commit");
    }

    function test_NoCopies() public {
        bytes32 commitment = anaCommits(7);
        eve.tryCommit(game, commitment);
        game.close();
        ana.tryReveal(game, 7, SALT);
        require(!eve.tryReveal(game, 7, SALT), "a copied commitment cannot be revealed by the copier");
    }

    function test_NoRevealTwice() public {
        anaCommits(7);
        game.close();
        ana.tryReveal(game, 7, SALT);
        require(!ana.tryReveal(game, 7, SALT), "nobody reveals twice");
    }

    function test_NoRevealWithoutCommitment() public {
        game.close();
        require(!eve.tryReveal(game, 7, SALT), "whoever did not commit cannot reveal");
    }

    function test_OnlyTheHostCloses() public {
        require(!eve.tryClose(game), "only the host closes the game");
    }
}
